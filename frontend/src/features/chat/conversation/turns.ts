// A conversation as it is shown: questions with their answers, reduced from stored messages and from events.
import type { ErrorFrame, Event, MessageOut, Passage } from "@/api";
import { answerSoFar, hasEnded, newRun, type Run, reasoningSoFar, reduce } from "@/model/run/run";

/** Why a question was not taken, or its answer failed; `reference` is the id that the server's log knows it by. */
export type Wrong = { message: string; details: ReadonlyArray<string>; reference: string | null };

export type Turn = {
  /** The id of the person's message. */
  id: string;
  question: string;
  /** RFC 3339. */
  at: string;
  /** Null until the server has stored the question. */
  runId: string | null;
  /** As its events told it, where they were followed here. */
  run: Run | null;
  /** The stored answer. */
  answer: MessageOut | null;
  wrong: Wrong | null;
};

export type Turns = {
  order: ReadonlyArray<string>;
  of: Readonly<Record<string, Turn>>;
  byRun: Readonly<Record<string, string>>;
};

export const NO_TURNS: Turns = { order: [], of: {}, byRun: {} };

function put(turns: Turns, turn: Turn): Turns {
  return {
    order: turns.of[turn.id] ? turns.order : [...turns.order, turn.id],
    of: { ...turns.of, [turn.id]: turn },
    byRun: turn.runId && turns.byRun[turn.runId] !== turn.id ? { ...turns.byRun, [turn.runId]: turn.id } : turns.byRun,
  };
}

function blank(id: string, question: string, at: string): Turn {
  return { id, question, at, runId: null, run: null, answer: null, wrong: null };
}

/** The person's message, before the server knows it. Said again, it is no longer wrong. */
export function asked(turns: Turns, id: string, question: string, at: string): Turns {
  return put(turns, { ...(turns.of[id] ?? blank(id, question, at)), wrong: null });
}

export function refused(turns: Turns, id: string, wrong: Wrong): Turns {
  const turn = turns.of[id];
  return turn ? put(turns, { ...turn, wrong }) : turns;
}

export function without(turns: Turns, id: string): Turns {
  const { [id]: _, ...of } = turns.of;
  return { ...turns, of, order: turns.order.filter((one) => one !== id) };
}

export function wrongOf({ message, problems }: ErrorFrame): Wrong {
  const details = (problems ?? []).map((problem) => String(problem["message"] ?? "")).filter(Boolean);
  return { message, details: details.length > 1 ? details : [], reference: null };
}

/** What is stored comes first and in its order; what only this page knows yet stays behind it. */
export function withStored(turns: Turns, messages: ReadonlyArray<MessageOut>): Turns {
  const of: Record<string, Turn> = { ...turns.of };
  const byRun: Record<string, string> = { ...turns.byRun };
  const order: string[] = [];
  const answered = new Set<string>();
  for (const message of messages) {
    if (message.role === "user") {
      order.push(message.id);
      of[message.id] = {
        ...(of[message.id] ?? blank(message.id, message.content, message.created_at)),
        at: message.created_at,
        runId: message.run_id,
        wrong: null,
      };
      if (message.run_id) byRun[message.run_id] = message.id;
    } else {
      // A run that is gone for long no longer tells which question it answered: the one before.
      const before = message.run_id ? byRun[message.run_id] : order.at(-1);
      const id = before && !answered.has(before) ? before : message.id;
      answered.add(id);
      if (!of[id]) order.push(id);
      of[id] = { ...(of[id] ?? blank(id, "", message.created_at)), runId: message.run_id, answer: message };
    }
  }
  const stored = new Set(order);
  return { order: [...order, ...turns.order.filter((id) => !stored.has(id))], of, byRun };
}

/** The turns after one more event of any run of the session. */
export function heard(turns: Turns, event: Event): Turns {
  if (event.type === "message.accepted") {
    const { id, content, created_at: at } = event.data.message;
    const turn = turns.of[id] ?? blank(id, content, at);
    const run = reduce(turn.run ?? newRun(event.run_id), event);
    return put(turns, { ...turn, runId: event.run_id, run, wrong: null });
  }
  const turn = turns.of[turns.byRun[event.run_id] ?? event.run_id] ?? blank(event.run_id, "", event.at);
  return put(turns, { ...turn, runId: event.run_id, run: reduce(turn.run ?? newRun(event.run_id), event) });
}

/** The turn with all that its ended run had told. */
export function recalled(turns: Turns, id: string, run: Run): Turns {
  const turn = turns.of[id];
  return turn ? put(turns, { ...turn, run }) : turns;
}

export type Phase = "sending" | "waiting" | "working" | "answering" | "done" | "stopped" | "failed" | "unsent";

export type Shown = {
  phase: Phase;
  text: string;
  reasoning: string;
  /** Seconds that it thought for; null where nothing was told. */
  thought: number | null;
  doing: string | null;
  sources: ReadonlyArray<Passage>;
  wrong: Wrong | null;
  /** The run whose thoughts can be asked for, where only its answer is stored here. */
  thoughtsOf: string | null;
};

const NOTHING = { text: "", reasoning: "", thought: null, doing: null, sources: [], wrong: null, thoughtsOf: null };

export function shownOf(turn: Turn): Shown {
  if (turn.wrong) return { ...NOTHING, phase: "unsent", wrong: turn.wrong };
  if (turn.run && (hasEnded(turn.run.status) || !turn.answer)) return fromRun(turn, turn.run);
  if (turn.answer) return fromStored(turn.answer, turn.run);
  return { ...NOTHING, phase: turn.runId ? "waiting" : "sending" };
}

export function isOver(phase: Phase): boolean {
  return phase === "done" || phase === "stopped" || phase === "failed" || phase === "unsent";
}

function fromRun(turn: Turn, run: Run): Shown {
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
    thoughtsOf: null,
  };
}

/** `thought`: whether there were thoughts; messages of earlier versions do not say. */
type Told = { status?: string; sources?: Passage[]; error?: { message?: string } | null; thought?: boolean };

function fromStored({ content, metadata, run_id: runId }: MessageOut, run: Run | null): Shown {
  const told = metadata as Told;
  const phase = ended(told.status ?? "") ?? "done";
  return {
    phase,
    text: content,
    reasoning: run ? reasoningSoFar(run) : "",
    thought: run ? thoughtFor(run) : null,
    doing: null,
    sources: told.sources ?? [],
    wrong: phase === "failed" ? failure(told.error?.message ?? "The run failed.", runId) : null,
    thoughtsOf: run || told.thought === false ? null : runId,
  };
}

function ended(status: string): Phase | null {
  return status === "succeeded" ? "done" : status === "cancelled" ? "stopped" : status === "failed" ? "failed" : null;
}

function failure(message: string, reference: string | null): Wrong {
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
  if (seconds === null) return "Thoughts";
  if (seconds < 60) return `Thought for ${Math.max(1, Math.round(seconds))} s`;
  return `Thought for ${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The turn that is being answered, the oldest first; null when nothing is going on. */
export function goingOn(turns: Turns): Turn | null {
  for (const id of turns.order.slice(-20)) {
    const turn = turns.of[id];
    if (turn && !isOver(shownOf(turn).phase)) return turn;
  }
  return null;
}
