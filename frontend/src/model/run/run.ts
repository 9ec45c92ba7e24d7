// A run as it is shown: what its events say, reduced by one pure function.
import type { ChatMessage, Event, Passage, PlannedNode, RunOut, Trouble } from "@/api";

export type NodeStatus = "waiting" | "running" | "succeeded" | "failed" | "skipped";
export type RunStatus = RunOut["status"];

/** Text that came in pieces; each remembers its event, so that what a crash made void can be taken back. */
export type Stream = { text: string; pieces: ReadonlyArray<{ seq: number; text: string }> };

export type NodeRun = {
  id: string;
  label: string;
  type: string;
  status: NodeStatus;
  /** RFC 3339; null before it started. */
  startedAt: string | null;
  durationMs: number | null;
  inputs: Record<string, unknown> | null;
  outputs: Record<string, unknown> | null;
  usage: Record<string, number> | null;
  error: Trouble | null;
  /** Why it was left out. */
  reason: string | null;
  /** What it is doing now, in words for the person who waits. */
  doing: string | null;
  reasoning: Stream;
  /** When it began and ended to think, RFC 3339. */
  reasoningFrom: string | null;
  reasoningTo: string | null;
  answer: Stream;
  sources: ReadonlyArray<Passage>;
};

export type Run = {
  id: string;
  status: RunStatus;
  /** The last event that is in here. */
  seq: number;
  workflowId: string | null;
  version: number | null;
  startedAt: string | null;
  durationMs: number | null;
  /** In topological order. */
  plan: ReadonlyArray<PlannedNode>;
  nodes: Readonly<Record<string, NodeRun>>;
  question: ChatMessage | null;
  /** What is being done now, by whichever node spoke last. */
  doing: string | null;
  /** The whole answer, once it is there; until then see `answerSoFar`. */
  answer: string | null;
  complete: boolean;
  /** Why a model's text was cut; null where it was not. */
  finishReason: "length" | "filtered" | null;
  message: ChatMessage | null;
  sources: ReadonlyArray<Passage>;
  usage: Record<string, number> | null;
  error: Trouble | null;
};

const SILENT: Stream = { text: "", pieces: [] };

export function newRun(id: string): Run {
  return {
    id,
    status: "queued",
    seq: 0,
    workflowId: null,
    version: null,
    startedAt: null,
    durationMs: null,
    plan: [],
    nodes: {},
    question: null,
    doing: null,
    answer: null,
    complete: false,
    finishReason: null,
    message: null,
    sources: [],
    usage: null,
    error: null,
  };
}

function waiting({ id, label, type }: PlannedNode): NodeRun {
  return {
    id,
    label,
    type,
    status: "waiting",
    startedAt: null,
    durationMs: null,
    inputs: null,
    outputs: null,
    usage: null,
    error: null,
    reason: null,
    doing: null,
    reasoning: SILENT,
    reasoningFrom: null,
    reasoningTo: null,
    answer: SILENT,
    sources: [],
  };
}

/** The run after one more event. An event that is in it already changes nothing. */
export function reduce(run: Run, event: Event): Run {
  if (event.seq <= run.seq) return run;
  return applied({ ...run, seq: event.seq }, event);
}

function applied(run: Run, event: Event): Run {
  switch (event.type) {
    case "message.accepted":
      return { ...run, question: event.data.message };
    case "run.started":
      return {
        ...run,
        status: "running",
        startedAt: event.at,
        workflowId: event.data.workflow_id,
        version: event.data.version,
        plan: event.data.plan,
        nodes: Object.fromEntries(event.data.plan.map((node) => [node.id, waiting(node)])),
      };
    case "node.started":
      return withNode(run, event, { status: "running", startedAt: event.at });
    case "node.finished": {
      const { duration_ms: durationMs, inputs, outputs, usage = null } = event.data;
      return withNode(run, event, { status: "succeeded", durationMs, inputs, outputs, usage, doing: null });
    }
    case "node.failed": {
      const { duration_ms: durationMs, inputs, error } = event.data;
      return withNode(run, event, { status: "failed", durationMs, inputs, error, doing: null });
    }
    case "node.skipped":
      return withNode(run, event, { status: "skipped", reason: event.data.reason, doing: null });
    case "node.restarted":
      return restarted(run, event, event.data.discard_after);
    case "thinking":
      return event.data.kind === "status" ? doing(run, event, event.data.text) : reasoned(run, event, event.data.text);
    case "sources":
      return withNode({ ...run, sources: event.data.passages }, event, { sources: event.data.passages });
    case "answer.delta":
      return answered(run, event, event.data.text);
    case "answer": {
      const { text, sources, usage, complete, message = null, finish_reason: finishReason = null } = event.data;
      return { ...run, answer: text, sources, usage, complete, finishReason, message, doing: null };
    }
    case "run.finished": {
      const { status, error, duration_ms: durationMs, usage } = event.data;
      return stopped({ ...run, status, error, durationMs, usage, doing: null });
    }
    default: {
      const forgotten: never = event;
      return forgotten;
    }
  }
}

type OfNode = { node_id: string | null; at: string; seq: number; data: object };

function withNode(run: Run, event: OfNode, change: Partial<NodeRun>): Run {
  if (event.node_id === null) return run;
  const told = event.data as { label?: string; type?: string };
  const known =
    run.nodes[event.node_id] ?? waiting({ id: event.node_id, label: told.label ?? "", type: told.type ?? "" });
  return { ...run, nodes: { ...run.nodes, [event.node_id]: { ...known, ...change } } };
}

function doing(run: Run, event: OfNode, text: string): Run {
  return withNode({ ...run, doing: text }, event, { doing: text });
}

function reasoned(run: Run, event: OfNode, text: string): Run {
  const node = nodeOf(run, event);
  const reasoning = grown(node?.reasoning ?? SILENT, event.seq, text);
  return withNode(run, event, { reasoning, reasoningFrom: node?.reasoningFrom ?? event.at, reasoningTo: event.at });
}

function answered(run: Run, event: OfNode, text: string): Run {
  const node = nodeOf(run, event);
  const thought = node?.reasoningFrom && node.answer.text === "" ? { reasoningTo: event.at } : {};
  return withNode(run, event, { answer: grown(node?.answer ?? SILENT, event.seq, text), ...thought });
}

function restarted(run: Run, event: OfNode, after: number): Run {
  const node = nodeOf(run, event);
  if (!node) return run;
  return withNode(run, event, {
    ...waiting(node),
    status: "running",
    startedAt: event.at,
    reasoning: shortened(node.reasoning, after),
    answer: shortened(node.answer, after),
  });
}

/** After the last event nothing runs or waits any more. */
function stopped(run: Run): Run {
  const nodes = Object.values(run.nodes).map((node): [string, NodeRun] => [
    node.id,
    node.status === "running" || node.status === "waiting"
      ? { ...node, status: "skipped", doing: null, reason: node.reason ?? "The run ended before this node ran." }
      : node,
  ]);
  return { ...run, nodes: Object.fromEntries(nodes) };
}

function nodeOf(run: Run, event: OfNode): NodeRun | undefined {
  return event.node_id === null ? undefined : run.nodes[event.node_id];
}

function grown(stream: Stream, seq: number, text: string): Stream {
  return { text: stream.text + text, pieces: [...stream.pieces, { seq, text }] };
}

function shortened(stream: Stream, after: number): Stream {
  const pieces = stream.pieces.filter((piece) => piece.seq <= after);
  return { text: pieces.map((piece) => piece.text).join(""), pieces };
}

/** What was answered so far: the deltas of each node in the plan's order, or the whole answer. */
export function answerSoFar(run: Run): string {
  if (run.answer !== null) return run.answer;
  const said = run.plan.map((node) => run.nodes[node.id]?.answer.text ?? "").filter(Boolean);
  return said.join("\n\n");
}

/** What the models thought so far, of all nodes in the plan's order. */
export function reasoningSoFar(run: Run): string {
  return run.plan
    .map((node) => run.nodes[node.id]?.reasoning.text ?? "")
    .filter(Boolean)
    .join("\n\n");
}

export function hasEnded(status: RunStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** A stored run, as the same thing that its events would give, without what streamed. */
export function fromStored(stored: RunOut): Run {
  const nodes = stored.nodes.map((node): [string, NodeRun] => [
    node.id,
    {
      ...waiting(node),
      status: node.status,
      startedAt: node.started_at,
      durationMs: node.duration_ms,
      inputs: node.inputs,
      outputs: node.outputs,
      usage: node.usage,
      error: node.error as Trouble | null,
    },
  ]);
  return {
    ...newRun(stored.id),
    status: stored.status,
    workflowId: stored.workflow_id,
    version: stored.version,
    startedAt: stored.started_at,
    plan: stored.nodes.map(({ id, label, type }) => ({ id, label, type })),
    nodes: Object.fromEntries(nodes),
    answer: stored.answer,
    complete: stored.status === "succeeded" && stored.finish_reason === null,
    finishReason: stored.finish_reason,
    sources: stored.sources,
    usage: stored.usage,
    error: stored.error as Trouble | null,
  };
}
