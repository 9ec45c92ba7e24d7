// An answer in Markdown, block by block: what is whole is drawn once.
import { Check, Copy } from "lucide-react";
import { type ComponentProps, memo, useMemo, useRef, useState } from "react";
import type { Components } from "react-markdown";
import type { Passage } from "@/api";
import { IconButton } from "@/ui/button";
import Markdown from "@/ui/markdown";
import { blocksOf } from "./blocks";
import { linked, placeIn } from "./citations";
import { closeMarkdown } from "./close-markdown";
import { SourceMark } from "./sources";

export type AnswerProps = { text: string; writing: boolean; sources: ReadonlyArray<Passage> };

export default function Answer({ text, writing, sources }: AnswerProps) {
  const components = useMemo(() => parts(sources), [sources]);
  const blocks = blocksOf(text);
  return (
    <div className="answer">
      {blocks.map((block, place) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: a block keeps its place
          key={place}
          text={linked(writing && place === blocks.length - 1 ? closeMarkdown(block) : block, sources.length)}
          components={components}
        />
      ))}
    </div>
  );
}

const Block = memo(Markdown);

/** Those parts that are the chat's own: code that can be copied, pictures that are not fetched, marks of sources. */
function parts(sources: ReadonlyArray<Passage>): Components {
  return {
    pre: CodeBlock,
    table: ({ children }) => (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: wide tables are scrolled with the keyboard too
      <section className="overflow-x-auto" tabIndex={0} aria-label="Table">
        <table>{children}</table>
      </section>
    ),
    img: ({ alt, src }) => (
      <a href={String(src)} target="_blank" rel="noreferrer noopener nofollow" className="text-accent-ink underline">
        {alt || "A picture"} <span className="text-muted">(picture, not loaded)</span>
      </a>
    ),
    a: ({ href = "", children }) => {
      const place = placeIn(href);
      const passage = place === null ? undefined : sources[place];
      if (place !== null && passage) return <SourceMark place={place} passage={passage} inText />;
      return (
        <a href={href} target="_blank" rel="noreferrer noopener nofollow" className="text-accent-ink underline">
          {children}
          <span aria-hidden className="ml-px text-[0.8em]">
            ↗
          </span>
          <span className="sr-only"> (opens elsewhere)</span>
        </a>
      );
    },
  };
}

function CodeBlock({ children }: ComponentProps<"pre">) {
  const code = useRef<HTMLPreElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(code.current?.textContent ?? "");
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="code relative">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: wide code is scrolled with the keyboard too */}
      <pre ref={code} tabIndex={0}>
        {children}
      </pre>
      <IconButton
        label={copied ? "Copied" : "Copy the code"}
        className="absolute top-1.5 right-1.5 size-7 bg-surface"
        onClick={() => void copy()}
      >
        {copied ? <Check /> : <Copy />}
      </IconButton>
    </div>
  );
}
