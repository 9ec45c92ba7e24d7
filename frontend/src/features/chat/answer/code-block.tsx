// Code of an answer: highlighted, with a button to copy it; Mermaid is drawn.
import { Check, Copy } from "lucide-react";
import { type ComponentProps, isValidElement, type ReactElement, useMemo, useRef } from "react";
import { IconButton } from "@/ui/button";
import { useCopy } from "../transcript/copy";
import { Diagram } from "./diagram";
import { LazyPart, useLazyPart } from "./lazy-part";

const LONGEST_HIGHLIGHTED = 50_000; // characters
const HIGHLIGHT = new LazyPart(() => import("./highlight").then((module) => module.highlighted));

export function CodeBlock({ children, writing }: ComponentProps<"pre"> & { writing: boolean }) {
  const { code, language } = contentOf(children);
  if (language === "mermaid" && !writing) return <Diagram source={code} />;
  return (
    <CopiedCode code={code}>
      <Highlighted code={code} language={language} />
    </CopiedCode>
  );
}

function Highlighted({ code, language }: { code: string; language: string }) {
  const wanted = language !== "" && code.length <= LONGEST_HIGHLIGHTED;
  const highlight = useLazyPart(HIGHLIGHT, wanted);
  const drawn = useMemo(
    () => (wanted && highlight ? highlight(code, language) : null),
    [highlight, wanted, code, language],
  );
  return <code data-highlighted={drawn !== null}>{drawn ?? code}</code>;
}

export function CopiedCode({ code, children }: { code: string; children: ReactElement }) {
  const block = useRef<HTMLPreElement>(null);
  const [copied, copy] = useCopy();
  return (
    <div className="code relative" dir="ltr">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: wide code is scrolled with the keyboard too */}
      <pre ref={block} tabIndex={0}>
        {children}
      </pre>
      <IconButton
        label={copied ? "Copied" : "Copy the code"}
        className="absolute top-1.5 right-1.5 size-7 bg-surface"
        onClick={() => copy(code)}
      >
        {copied ? <Check /> : <Copy />}
      </IconButton>
    </div>
  );
}

/** What stands in the `code` element that Markdown puts into a `pre`. */
function contentOf(children: ComponentProps<"pre">["children"]): { code: string; language: string } {
  if (!isValidElement<{ className?: string; children?: unknown }>(children)) return { code: "", language: "" };
  const language = /language-(\S+)/.exec(children.props.className ?? "")?.[1] ?? "";
  return { code: String(children.props.children ?? "").replace(/\n$/, ""), language: language.toLowerCase() };
}
