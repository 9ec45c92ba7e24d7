// The parts of GitHub's Markdown that answers use: tables, strikethrough, task lists, bare links. Reading only.
import { gfmAutolinkLiteralFromMarkdown } from "mdast-util-gfm-autolink-literal";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";
import { gfmTable } from "micromark-extension-gfm-table";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";

type Extensions = { micromarkExtensions?: unknown[]; fromMarkdownExtensions?: unknown[] };
type Processor = { data: () => object };

/** A remark plugin. `remark-gfm` does the same, and brings the writing of Markdown along, which nobody here does. */
export function gfm(this: Processor): void {
  const known = this.data() as Extensions;
  known.micromarkExtensions = [
    ...(known.micromarkExtensions ?? []),
    gfmAutolinkLiteral(),
    gfmStrikethrough({ singleTilde: false }), // “H~2~O” is not struck out
    gfmTable(),
    gfmTaskListItem(),
  ];
  known.fromMarkdownExtensions = [
    ...(known.fromMarkdownExtensions ?? []),
    gfmAutolinkLiteralFromMarkdown(),
    gfmStrikethroughFromMarkdown(),
    gfmTableFromMarkdown(),
    gfmTaskListItemFromMarkdown(),
  ];
}
