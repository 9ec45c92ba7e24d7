// What the last run did in one node: what went in, what came out, the passages, and everything raw.
import { Braces } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Passage } from "@/api";
import { type NodeRun, useNodeRun, useRunning } from "@/model/run/running";
import { viewPassage } from "@/model/shell/document-viewer";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { duration } from "@/ui/dates";
import { Empty } from "@/ui/empty";
import { PassageText } from "@/ui/passage-text";

const TONES: Record<NodeRun["status"], { word: string; tone: Tone }> = {
  waiting: { word: "Waiting", tone: "plain" },
  running: { word: "Running", tone: "accent" },
  succeeded: { word: "Done", tone: "good" },
  failed: { word: "Failed", tone: "bad" },
  skipped: { word: "Skipped", tone: "plain" },
};

export function Inspector({ nodeId }: { nodeId: string }) {
  const node = useNodeRun(nodeId, (found) => found);
  const runId = useRunning(({ run }) => run?.id);
  const [raw, setRaw] = useState(false);
  if (!node) {
    return (
      <Empty icon={Braces} title="Not run yet">
        Run the stack to see this node’s input and output here.
      </Empty>
    );
  }
  const { word, tone } = TONES[node.status];
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={tone}>{word}</Badge>
        {node.durationMs === null ? null : <span className="text-sm text-muted">{duration(node.durationMs)}</span>}
        {Object.entries(node.usage ?? {})
          .filter(([, count]) => count > 0)
          .map(([name, count]) => (
            <span key={name} className="text-sm text-muted">
              {count.toLocaleString("en")} {name.replaceAll("_", " ")}
            </span>
          ))}
        <Button variant="quiet" className="ml-auto" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? "Formatted" : "Raw"}
        </Button>
      </div>
      {node.error ? <p className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">{node.error.message}</p> : null}
      {node.reason ? <p className="text-sm text-muted">{node.reason}</p> : null}
      {raw ? (
        <Verbatim
          text={JSON.stringify(
            { run_id: runId, ...node, reasoning: node.reasoning.text, answer: node.answer.text },
            null,
            2,
          )}
        />
      ) : (
        <>
          <Values title="Input" values={node.inputs} />
          {node.reasoning.text ? (
            <Part title="Reasoning">
              <Verbatim text={node.reasoning.text} />
            </Part>
          ) : null}
          <Values title="Output" values={node.outputs ?? (node.answer.text ? { answer: node.answer.text } : null)} />
        </>
      )}
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm font-medium">{title}</h3>
      {children}
    </section>
  );
}

function Values({ title, values }: { title: string; values: Record<string, unknown> | null }) {
  const entries = Object.entries(values ?? {});
  return (
    <Part title={title}>
      {entries.length ? (
        <dl className="flex flex-col gap-3">
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt className="mb-1 text-xs text-muted">{name.replaceAll("_", " ")}</dt>
              <dd>
                <Value of={value} />
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className="text-sm text-muted">None.</p>
      )}
    </Part>
  );
}

const isPassage = (value: unknown): value is Passage =>
  typeof value === "object" && value !== null && "filename" in value && "text" in value;

function Value({ of: value }: { of: unknown }) {
  if (Array.isArray(value)) {
    const flat: unknown[] = value.flat();
    if (flat.length && flat.every(isPassage)) return <Passages list={flat} />;
    if (!flat.length) return <p className="text-sm text-muted">None.</p>;
  }
  return <Verbatim text={typeof value === "string" ? value : JSON.stringify(value, null, 2)} />;
}

function Passages({ list }: { list: ReadonlyArray<Passage> }) {
  return (
    <ol className="flex flex-col gap-2">
      {list.map((passage, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: passages are told apart by their rank
        <li key={place} className="rounded-lg border border-line bg-ground p-2.5 text-sm">
          <div className="mb-1 flex items-baseline justify-between gap-2 text-xs">
            <button
              type="button"
              className="min-w-0 truncate rounded font-medium hover:underline"
              onClick={() => viewPassage(passage)}
            >
              {place + 1}. {passage.filename}
              {passage.page === null ? "" : `, page ${passage.page}`}
            </button>
            <span className="shrink-0 text-muted tabular-nums" title="Match score (1 is best)">
              {passage.score.toFixed(2)}
            </span>
          </div>
          <PassageText text={passage.text} match={passage.match} className="line-clamp-6" />
        </li>
      ))}
    </ol>
  );
}

function Verbatim({ text }: { text: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: long texts are scrolled with the keyboard too
      tabIndex={0}
      className="max-h-80 overflow-auto rounded-lg border border-line bg-ground p-2.5 font-mono text-xs break-words whitespace-pre-wrap"
    >
      {text}
    </pre>
  );
}
