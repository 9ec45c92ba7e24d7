// A past run on a read-only canvas: `?run=…` shows the version that ran, and how each node fared.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { queries, sentenceOf } from "@/api";
import { readConfiguration } from "@/model/graph/shape";
import { useStack } from "@/model/graph/store";
import { fromStored, hasEnded } from "@/model/run/run";
import { show, unwatch, watch } from "@/model/run/running";
import { Button } from "@/ui/button";
import { ago } from "@/ui/dates";
import { toast } from "@/ui/toast";
import { useInAddress } from "./panels";

export function usePastRun(): void {
  const [runId, setRunId] = useInAddress("run");
  const found = useQuery({ ...queries.run(runId ?? ""), enabled: runId !== null, retry: false });
  const run = found.data;
  const version = useQuery({
    ...queries.workflowVersion(run?.workflow_id ?? "", run?.version ?? 0),
    enabled: run !== undefined && runId !== null,
  });
  const configuration = version.data?.configuration;

  useEffect(() => {
    if (runId !== null && (found.isError || version.isError)) {
      toast(sentenceOf(found.error ?? version.error), { tone: "bad" });
      setRunId(null);
    }
  }, [runId, found.isError, found.error, version.isError, version.error, setRunId]);

  useEffect(() => {
    if (runId === null || !run || !configuration || run.id !== runId) return;
    const { nodes, edges } = readConfiguration(configuration);
    useStack.setState({ pastRun: { nodes, edges } });
    if (hasEnded(run.status)) show(fromStored(run), true);
    else watch(run.id, true);
    return () => {
      useStack.setState({ pastRun: null });
      unwatch();
    };
  }, [runId, run, configuration]);
}

export function PastRunBanner() {
  const [runId, setRunId] = useInAddress("run");
  const run = useQuery({ ...queries.run(runId ?? ""), enabled: runId !== null, retry: false }).data;
  if (runId === null || !run) return null;
  return (
    <div
      role="status"
      className="z-20 flex items-center gap-3 border-b border-line bg-accent-soft px-4 py-1.5 text-sm text-accent-ink"
    >
      <span className="min-w-0 flex-1 truncate">
        Viewing a run from {ago(run.created_at)} (version {run.version}): “{run.query}”
      </span>
      <Button onClick={() => setRunId(null)}>Back to editing</Button>
    </div>
  );
}
