// The run that is shown on the canvas: its own store, so that no token touches the graph.
import { create } from "zustand";
import { type Event, followRun } from "@/api";
import { type NodeRun, newRun, type Run, reduce } from "./run";

type Running = {
  run: Run | null;
  /** A past run is looked at: the canvas shows its version and cannot be changed. */
  pastRun: boolean;
};

export const useRunning = create<Running>(() => ({ run: null, pastRun: false }));

let stop: (() => void) | null = null;

/** Shows a run and follows it to its end. */
export function watch(runId: string, pastRun = false): void {
  const { run } = useRunning.getState();
  if (run?.id === runId && stop) {
    useRunning.setState({ pastRun });
    return;
  }
  stop?.();
  useRunning.setState({ run: newRun(runId), pastRun });
  stop = followRun(runId, { onEvent: tell }).close;
}

/** What another part of the page has heard of a run (the chat follows it too). */
export function tell(event: Event): void {
  useRunning.setState(({ run }) => (run && run.id === event.run_id ? { run: reduce(run, event) } : {}));
}

export function show(run: Run, pastRun: boolean): void {
  stop?.();
  stop = null;
  useRunning.setState({ run, pastRun });
}

export function unwatch(): void {
  stop?.();
  stop = null;
  useRunning.setState({ run: null, pastRun: false });
}

/** How one node of the shown run stands; a component that uses it is drawn anew only when that node changes. */
export function useNodeRun<T>(nodeId: string, pick: (node: NodeRun | undefined) => T): T {
  return useRunning(({ run }) => pick(run?.nodes[nodeId]));
}

export type { NodeRun, NodeStatus, Run } from "./run";
