// A passage of a document, in a few lines: from the sentence that matched on, which is marked.
import { useMemo } from "react";
import { classes } from "./classes";
import { excerptOf } from "./excerpt";

type Props = { text: string; match?: string | null | undefined; className: string };

export function PassageText({ text, match, className }: Props) {
  const excerpt = useMemo(() => excerptOf(text, match), [text, match]);
  return (
    <span dir="auto" className={classes("break-words whitespace-pre-wrap text-muted", className)}>
      {excerpt.before}
      {excerpt.match ? <mark className="rounded-sm bg-note text-ink">{excerpt.match}</mark> : null}
      {excerpt.after}
    </span>
  );
}
