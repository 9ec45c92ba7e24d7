// The stack that is open and not yet saved: its graph, with every step that can be undone.
import { applyEdgeChanges, applyNodeChanges, type EdgeChange, type NodeChange } from "@xyflow/react";
import { create } from "zustand";
import type { ProblemOut, WorkflowOut } from "@/api";
import { type Graph, readConfiguration, type StackEdge, type StackNode, savedAlike, writeConfiguration } from "./shape";

const DEEP = 100; // steps that can be undone
const BURST = 1_000; // milliseconds within which the same kind of edit is one step

type Stack = {
  id: string | null;
  graph: Graph;
  /** Keys of the configuration that the canvas does not know. */
  rest: Record<string, unknown>;
  past: ReadonlyArray<Graph>;
  future: ReadonlyArray<Graph>;
  /** The graph as the server has it, and its version. */
  saved: Graph;
  version: number;
  problems: ReadonlyArray<ProblemOut>;
  knowledgeBaseId: string | null;
  /** A past version that is looked at instead; it cannot be changed. */
  pastRun: Pick<Graph, "nodes" | "edges"> | null;
  locked: boolean;
  /** Whether something is being dragged: nothing is saved until it is let go. */
  holding: boolean;
};

const EMPTY: Graph = { name: "", description: "", nodes: [], edges: [] };
const CLOSED: Stack = {
  id: null,
  graph: EMPTY,
  rest: {},
  past: [],
  future: [],
  saved: EMPTY,
  version: 0,
  problems: [],
  knowledgeBaseId: null,
  pastRun: null,
  locked: false,
  holding: false,
};

export const useStack = create<Stack>(() => CLOSED);
const { getState: get, setState: set } = useStack;

let burst: { key: string; at: number } | null = null;
let held: Graph | null = null;

type Saved = Pick<WorkflowOut, "id" | "name" | "description" | "configuration" | "version" | "problems"> & {
  knowledge_base_id: string | null;
};

export function graphOf(stack: Pick<Saved, "name" | "description" | "configuration">): {
  graph: Graph;
  rest: Stack["rest"];
} {
  const { nodes, edges, rest } = readConfiguration(stack.configuration);
  return { graph: { name: stack.name, description: stack.description, nodes, edges }, rest };
}

export function open(stack: Saved): void {
  const { graph, rest } = graphOf(stack);
  burst = null;
  held = null;
  set({
    ...CLOSED,
    id: stack.id,
    graph,
    rest,
    saved: graph,
    version: stack.version,
    problems: stack.problems,
    knowledgeBaseId: stack.knowledge_base_id,
  });
}

export function close(): void {
  set(CLOSED);
}

export const canEdit = (): boolean => !(get().pastRun || get().locked);

/** One step. Edits with the same `key` shortly after each other are one step too. */
export function edit(change: (graph: Graph) => Graph, key?: string): void {
  const { graph, past } = get();
  if (!canEdit()) return;
  const after = change(graph);
  if (after === graph) return;
  const now = Date.now();
  const goesOn = key !== undefined && burst?.key === key && now - burst.at < BURST;
  burst = key === undefined ? null : { key, at: now };
  set({ graph: after, future: [], ...(goesOn ? {} : { past: [...past, graph].slice(-DEEP) }) });
}

/** What is no step: selection, sizes that were measured. */
export function touch(change: (graph: Graph) => Graph): void {
  set({ graph: change(get().graph) });
}

/** From here on, what is moved is one step, until `release`. */
export function hold(): void {
  held ??= get().graph;
  set({ holding: true });
}

export function release(): void {
  const { graph, past } = get();
  const before = held;
  held = null;
  burst = null;
  const moved = before !== null && !savedAlike(before, graph);
  set({ holding: false, ...(moved ? { past: [...past, before].slice(-DEEP), future: [] } : {}) });
}

/** Drops what was moved since `hold`. */
export function letBe(): void {
  if (held) set({ graph: held });
  held = null;
  set({ holding: false });
}

/** An older graph with what the person sees now: sizes and selection. */
function seenAs(graph: Graph, now: Graph): Graph {
  const known = new Map(now.nodes.map((node) => [node.id, node]));
  const nodes = graph.nodes.map((node): StackNode => {
    const { dragging: _, ...still } = node;
    const measured = known.get(node.id)?.measured ?? node.measured;
    const seen = { ...still, selected: known.get(node.id)?.selected ?? false };
    return measured ? { ...seen, measured } : seen;
  });
  return { ...graph, nodes };
}

export function undo(): void {
  const { graph, past, future } = get();
  const before = past.at(-1);
  if (!before || !canEdit() || held) return;
  burst = null;
  set({ graph: seenAs(before, graph), past: past.slice(0, -1), future: [graph, ...future] });
}

export function redo(): void {
  const { graph, past, future } = get();
  const [after, ...others] = future;
  if (!after || !canEdit() || held) return;
  burst = null;
  set({ graph: seenAs(after, graph), past: [...past, graph], future: others });
}

/** React Flow's own changes. Arrow keys move too: steps of the same second are one. */
export function changeNodes(changes: ReadonlyArray<NodeChange<StackNode>>): void {
  const wanted = changes.filter((change) => change.type !== "remove");
  const apply = (graph: Graph): Graph => ({ ...graph, nodes: applyNodeChanges(wanted, [...graph.nodes]) });
  const moves = wanted.some((change) => change.type === "position" && !change.dragging);
  if (get().pastRun) touchPastRun(wanted);
  else if (moves && held === null) edit(apply, "nudge");
  else touch(apply);
}

function touchPastRun(changes: ReadonlyArray<NodeChange<StackNode>>): void {
  const { pastRun } = get();
  const seen = changes.filter((change) => change.type === "dimensions" || change.type === "select");
  if (pastRun) set({ pastRun: { ...pastRun, nodes: applyNodeChanges([...seen], [...pastRun.nodes]) } });
}

export function changeEdges(changes: ReadonlyArray<EdgeChange<StackEdge>>): void {
  const wanted = changes.filter((change) => change.type === "select");
  if (wanted.length && !get().pastRun) {
    touch((graph) => ({ ...graph, edges: applyEdgeChanges(wanted, [...graph.edges]) }));
  }
}

export const isDirty = (): boolean => {
  const { id, graph, saved } = get();
  return id !== null && graph !== saved && !savedAlike(graph, saved);
};

export function configurationNow(): Record<string, unknown> {
  const { graph, rest } = get();
  return writeConfiguration(graph, rest);
}

/** What the server answered to a save of `sent`. */
export function wasSaved(sent: Graph, stack: Saved): void {
  if (get().id !== stack.id) return;
  set({ saved: sent, version: stack.version, problems: stack.problems, knowledgeBaseId: stack.knowledge_base_id });
}

/** The stack as it is elsewhere, as one step that can be undone. */
export function take(stack: Saved): void {
  const { graph: now, past } = get();
  const { graph, rest } = graphOf(stack);
  burst = null;
  set({
    graph: seenAs(graph, now),
    rest,
    past: [...past, now].slice(-DEEP),
    future: [],
    saved: graph,
    version: stack.version,
    problems: stack.problems,
    knowledgeBaseId: stack.knowledge_base_id,
  });
}

export function selectedIds(): Set<string> {
  const { graph } = get();
  const chosen = [...graph.nodes, ...graph.edges].filter((thing) => thing.selected);
  return new Set(chosen.map((thing) => thing.id));
}

/** The nodes and edges that are shown: those of now, or those of the past run that is looked at. */
export const shownGraph = (stack: Stack): Pick<Graph, "nodes" | "edges"> => stack.pastRun ?? stack.graph;
