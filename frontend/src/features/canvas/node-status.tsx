// How a node stands in the run that is shown: a picture, a word, and numbers.
import { Check, CircleDashed, CircleSlash, LoaderCircle, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { type NodeStatus, useNodeRun, useRunning } from "@/model/run/running";
import { classes } from "@/ui/classes";
import { duration } from "@/ui/dates";

const STATUSES = {
  waiting: { icon: CircleDashed, word: "Waiting", tone: "text-muted" },
  running: { icon: LoaderCircle, word: "Running", tone: "text-accent-ink" },
  succeeded: { icon: Check, word: "Done", tone: "text-good" },
  failed: { icon: TriangleAlert, word: "Failed", tone: "text-bad" },
  skipped: { icon: CircleSlash, word: "Skipped", tone: "text-muted" },
} as const;

export const wordFor = (status: NodeStatus): string => STATUSES[status].word.toLowerCase();

export function NodeStatusLine({ id }: { id: string }) {
  const status = useNodeRun(id, (node) => node?.status);
  const numbers = useNodeRun(id, (node) => numbersOf(node?.durationMs ?? null, node?.usage ?? null));
  const startedAt = useNodeRun(id, (node) => node?.startedAt ?? null);
  const doing = useNodeRun(id, (node) => (node?.status === "running" ? node.doing : null));
  const active = useRunning(({ run }) => run?.status === "running" || run?.status === "queued");
  if (!status || (status === "waiting" && !active)) return null;
  const { icon: Picture, word, tone } = STATUSES[status];
  return (
    <div
      className={classes("flex h-7 items-center gap-1.5 border-t border-line px-3 text-xs", tone)}
      data-status={status}
    >
      <Picture className={classes("size-3.5 shrink-0", status === "running" && "animate-turn")} aria-hidden />
      <span className="truncate font-medium">{doing ?? word}</span>
      <span className="ml-auto shrink-0 text-muted tabular-nums">
        {status === "running" && startedAt ? <Elapsed since={startedAt} /> : numbers}
      </span>
    </div>
  );
}

function numbersOf(ms: number | null, usage: Record<string, number> | null): string {
  const tokens = usage?.["total_tokens"];
  return [ms === null ? "" : duration(ms), tokens ? `${tokens.toLocaleString("en")} tokens` : ""]
    .filter(Boolean)
    .join(" · ");
}

function Elapsed({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return `${(Math.max(0, now - new Date(since).getTime()) / 1000).toFixed(1)} s`;
}
