// Markdown of people and of models: raw HTML stays text, pictures are not fetched, links open elsewhere and are marked.
import type { JSX, ReactNode } from "react";
import ReactMarkdown, { type Components, type ExtraProps } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import { gfm } from "./gfm";

type DirectedName = "p" | "li" | "td" | "th" | "blockquote" | "h1" | "h2" | "h3" | "h4";

/** An element whose direction follows its first letter, as Arabic and Hebrew need it. */
function directed(Name: DirectedName) {
  return ({ node: _, ...props }: JSX.IntrinsicElements[DirectedName] & ExtraProps) => {
    const Element = Name as "p";
    return <Element dir="auto" {...(props as JSX.IntrinsicElements["p"])} />;
  };
}

const NAMES: ReadonlyArray<DirectedName> = ["p", "li", "td", "th", "blockquote", "h1", "h2", "h3", "h4"];

const PARTS: Components = {
  ...Object.fromEntries(NAMES.map((name) => [name, directed(name)])),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow" className="text-accent-ink underline">
      {children}
    </a>
  ),
  img: ({ alt }) => <span className="text-muted">[picture{alt ? `: ${alt}` : ""}]</span>,
};
const REMARK = [gfm];
const REHYPE = [rehypeSanitize];

type MarkdownProps = { text: string; components?: Components };

export default function Markdown({ text, components }: MarkdownProps): ReactNode {
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={REMARK}
        rehypePlugins={REHYPE}
        components={components ? { ...PARTS, ...components } : PARTS}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
