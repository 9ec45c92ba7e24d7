// The runs of a stack, newest first; each opens on a read-only canvas.
import { useQuery } from "@tanstack/react-query";
import { Ban, Check, CircleDashed, History, LoaderCircle, TriangleAlert } from "lucide-react";
import { queries, type RunItem, sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { ago, duration } from "@/ui/dates";
import { Empty } from "@/ui/empty";
import { Loading, Skeleton } from "@/ui/skeleton";

export const RUN_STATUSES = {
  queued: { icon: CircleDashed, word: "Queued", tone: "text-muted" },
  running: { icon: LoaderCircle, word: "Running", tone: "text-accent-ink" },
  waiting: { icon: CircleDashed, word: "Waiting", tone: "text-muted" },
  succeeded: { icon: Check, word: "Done", tone: "text-good" },
  failed: { icon: TriangleAlert, word: "Failed", tone: "text-bad" },
  cancelled: { icon: Ban, word: "Stopped", tone: "text-muted" },
} as const;

type RunListProps = { workflowId: string; shown: string | null; onOpen: (run: RunItem) => void };

export function RunList({ workflowId, shown, onOpen }: RunListProps) {
  const found = useQuery({ ...queries.runs(workflowId), staleTime: 0, refetchInterval: 5_000 });
  if (found.isPending) {
    return (
      <div className="flex flex-col gap-2 p-3">
        <Loading what="runs" />
        {[1, 2, 3].map((place) => (
          <Skeleton key={place} className="h-16" />
        ))}
      </div>
    );
  }
  if (found.isError) {
    return (
      <div role="alert" className="flex flex-col items-start gap-3 p-4 text-muted">
        {sentenceOf(found.error)}
        <Button onClick={() => void found.refetch()}>Try again</Button>
      </div>
    );
  }
  if (!found.data.items.length) {
    return (
      <Empty icon={History} title="No runs yet">
        Every question you ask this stack is listed here as a run.
      </Empty>
    );
  }
  return (
    <ul className="flex min-h-0 flex-1 flex-col gap-1 overflow-y-auto p-2">
      {found.data.items.map((run) => (
        <Item key={run.id} run={run} current={run.id === shown} onOpen={() => onOpen(run)} />
      ))}
    </ul>
  );
}

function Item({ run, current, onOpen }: { run: RunItem; current: boolean; onOpen: () => void }) {
  const { icon: Picture, word, tone } = RUN_STATUSES[run.status];
  const ms = run.started_at && run.finished_at ? Date.parse(run.finished_at) - Date.parse(run.started_at) : null;
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        aria-current={current}
        className={classes(
          "flex w-full gap-2.5 rounded-lg px-2.5 py-2 text-left transition-colors hover:bg-hover",
          current && "bg-accent-soft hover:bg-accent-soft",
        )}
      >
        <Picture
          className={classes("mt-1 size-4 shrink-0", tone, run.status === "running" && "animate-turn")}
          aria-hidden
        />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{run.query}</span>
          <span className="block text-xs text-muted">
            {[word, ago(run.created_at), ms === null ? "" : duration(ms), `version ${run.version}`]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
      </button>
    </li>
  );
}
