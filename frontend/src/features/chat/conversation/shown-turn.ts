// What is shown of a turn: its answer, where it stands, and what went wrong.
import type { FeedbackOut, MessageOut, Passage } from "@/api";
import { answerSoFar, hasEnded, type Run, reasoningSoFar } from "@/model/run/run";
import type { Failure, Turn, Turns } from "./turns";

export type Phase = "sending" | "waiting" | "working" | "answering" | "done" | "stopped" | "failed" | "unsent";

export type ShownTurn = {
  phase: Phase;
  text: string;
  reasoning: string;
  /** Seconds that it thought for; null where nothing was told. */
  thought: number | null;
  doing: string | null;
  sources: ReadonlyArray<Passage>;
  wrong: Failure | null;
  /** Why the answer is not complete, in a sentence. */
  note: string | null;
  /** The run whose thoughts can be asked for, where only its answer is stored here. */
  thoughtsOf: string | null;
  /** The stored answer, which feedback is given on. */
  messageId: string | null;
  feedback: FeedbackOut | null;
};

const NOTHING = {
  text: "",
  reasoning: "",
  thought: null,
  doing: null,
  sources: [],
  wrong: null,
  note: null,
  thoughtsOf: null,
  messageId: null,
  feedback: null,
};

export function shownOf(turn: Turn): ShownTurn {
  if (turn.wrong) return { ...NOTHING, phase: "unsent", wrong: turn.wrong };
  if (turn.run && (hasEnded(turn.run.status) || !turn.answer)) return fromRun(turn, turn.run);
  if (turn.answer) return fromStored(turn, turn.answer);
  return { ...NOTHING, phase: turn.runId ? "waiting" : "sending" };
}

export function isOver(phase: Phase): boolean {
  return phase === "done" || phase === "stopped" || phase === "failed" || phase === "unsent";
}

function fromRun(turn: Turn, run: Run): ShownTurn {
  const text = answerSoFar(run) || (hasEnded(run.status) ? (turn.answer?.content ?? "") : "");
  const phase = ended(run.status) ?? (run.status === "queued" ? "waiting" : text ? "answering" : "working");
  const wrong = run.error && phase === "failed" ? failure(run.error.message, run.id) : null;
  return {
    phase,
    text,
    reasoning: reasoningSoFar(run),
    thought: thoughtFor(run),
    doing: run.doing,
    sources: run.sources,
    wrong,
    note: noteOf(run.finishReason ?? (turn.answer?.metadata as Metadata | undefined)?.finish_reason),
    thoughtsOf: null,
    messageId: run.message?.id ?? turn.answer?.id ?? null,
    feedback: turn.feedback,
  };
}

/** `thought`: whether there were thoughts; messages of earlier versions do not say, nor for how long. */
type Metadata = {
  status?: string;
  sources?: Passage[];
  error?: { message?: string } | null;
  thought?: boolean;
  thought_ms?: number | null;
  finish_reason?: string | null;
};

const NOTES: Readonly<Record<string, string>> = {
  length: "The answer was cut at the token limit.",
  filtered: "The provider’s content filter cut the answer.",
};

const noteOf = (reason: string | null | undefined) => NOTES[reason ?? ""] ?? null;

const secondsIn = (ms: number | null | undefined) => (typeof ms === "number" ? ms / 1000 : null);

function fromStored({ run, feedback }: Turn, { id, content, metadata, run_id: runId }: MessageOut): ShownTurn {
  const told = metadata as Metadata;
  const phase = ended(told.status ?? "") ?? "done";
  return {
    phase,
    text: content,
    reasoning: run ? reasoningSoFar(run) : "",
    thought: secondsIn(told.thought_ms) ?? (run ? thoughtFor(run) : null),
    doing: null,
    sources: told.sources ?? [],
    wrong: phase === "failed" ? failure(told.error?.message ?? "The run failed.", runId) : null,
    note: noteOf(told.finish_reason),
    thoughtsOf: run || told.thought === false ? null : runId,
    messageId: id,
    feedback,
  };
}

function ended(status: string): Phase | null {
  return status === "succeeded" ? "done" : status === "cancelled" ? "stopped" : status === "failed" ? "failed" : null;
}

function failure(message: string, reference: string | null): Failure {
  return { message, details: [], reference };
}

function thoughtFor(run: Run): number | null {
  const spans = Object.values(run.nodes).map(({ reasoningFrom, reasoningTo }) =>
    reasoningFrom && reasoningTo ? (Date.parse(reasoningTo) - Date.parse(reasoningFrom)) / 1000 : null,
  );
  const told = spans.filter((span) => span !== null);
  return told.length ? told.reduce((sum, span) => sum + span, 0) : null;
}

/** “Thought for 4 s”. */
export function thoughtInWords(seconds: number | null): string {
  if (seconds === null) return "Reasoning";
  if (seconds < 60) return `Thought for ${Math.max(1, Math.round(seconds))} s`;
  return `Thought for ${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The turn that is being answered, the oldest first; null when nothing is going on. */
export function runningTurn(turns: Turns): Turn | null {
  for (const id of turns.order.slice(-20)) {
    const turn = turns.of[id];
    if (turn && !isOver(shownOf(turn).phase)) return turn;
  }
  return null;
}
