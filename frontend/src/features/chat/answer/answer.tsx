// An answer in Markdown, block by block: what is whole is drawn once.
import { memo, type ReactNode, useMemo } from "react";
import type { Components } from "react-markdown";
import type { Passage } from "@/api";
import Markdown from "@/ui/markdown";
import { blocksOf } from "./blocks";
import { linked, placeIn } from "./citations";
import { closeMarkdown } from "./close-markdown";
import { CodeBlock } from "./code-block";
import { Formula } from "./formula";
import { formulaIn, withFormulas } from "./formulas";
import { SourceMark } from "./sources";

export type AnswerProps = { text: string; writing: boolean; sources: ReadonlyArray<Passage> };

export default function Answer({ text, writing, sources }: AnswerProps) {
  const blocks = blocksOf(text);
  return (
    <div className="answer">
      {blocks.map((block, place) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: a block keeps its place
          key={place}
          text={block}
          writing={writing && place === blocks.length - 1}
          sources={sources}
        />
      ))}
    </div>
  );
}

const Block = memo(function Block({ text, writing, sources }: AnswerProps) {
  const components = useMemo(() => parts(sources, writing), [sources, writing]);
  const formulas = withFormulas(text, writing);
  return (
    <Markdown text={linked(writing ? closeMarkdown(formulas) : formulas, sources.length)} components={components} />
  );
});

/** Those parts that are the chat's own: code, formulas, diagrams, tables, pictures that are not fetched, sources. */
function parts(sources: ReadonlyArray<Passage>, writing: boolean): Components {
  return {
    pre: ({ children }) => <CodeBlock writing={writing}>{children}</CodeBlock>,
    code: ({ children }) => {
      const formula = formulaIn(String(children ?? ""));
      return formula ? <Formula {...formula} /> : <code dir="ltr">{children}</code>;
    },
    table: ({ children }) => (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: wide tables are scrolled with the keyboard too
      <section className="table-view" tabIndex={0} aria-label="Table">
        <table>{children}</table>
      </section>
    ),
    img: ({ alt, src }) => {
      const name = alt || "A picture";
      if (!isAddress(src)) return <span className="text-muted">{name} (picture, not loaded)</span>;
      return (
        <OutsideLink href={src}>
          {name} <span className="text-muted">(picture, not loaded)</span>
        </OutsideLink>
      );
    },
    a: ({ href = "", children }) => {
      const place = placeIn(href);
      const passage = place === null ? undefined : sources[place];
      if (place !== null && passage) return <SourceMark place={place} passage={passage} inText />;
      return isAddress(href) ? <OutsideLink href={href}>{children}</OutsideLink> : <span>{children}</span>;
    },
  };
}

/** What a browser can open: an address within the pages, or one that runs, leads nowhere. */
function isAddress(href: unknown): href is string {
  return typeof href === "string" && /^(https?:\/\/|mailto:)\S/i.test(href);
}

function OutsideLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow" className="text-accent-ink underline">
      {children}
      <span aria-hidden className="ml-px text-[0.8em]">
        ↗
      </span>
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  );
}
