// The last run of a stack: shown when it is opened, followed when it still runs.
import { call, queries, queryClient } from "@/api";
import { fromStored, hasEnded } from "@/model/run/run";
import { show, useRunning, watch } from "@/model/run/running";

export async function showLastRun(id: string, signal: AbortSignal): Promise<void> {
  const { items } = await queryClient.fetchQuery(queries.runs(id)).catch(() => ({ items: [] })); // the list of runs tells errors
  const [last] = items;
  if (!last || signal.aborted || useRunning.getState().run) return;
  if (!hasEnded(last.status)) return watch(last.id);
  const stored = await call("GET /runs/{run_id}", { path: { run_id: last.id }, signal }).catch(() => null);
  if (stored && !signal.aborted && !useRunning.getState().run) show(fromStored(stored), false);
}
