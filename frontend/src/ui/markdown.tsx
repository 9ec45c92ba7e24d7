// Markdown of people and of models: raw HTML stays text, pictures are not fetched, links open elsewhere and are marked.
import type { ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import { gfm } from "./gfm";

const PARTS: Components = {
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
