// A conversation as it is shown: questions with their answers, reduced from stored messages and from events.
import type { ErrorFrame, Event, FeedbackOut, MessageOut } from "@/api";
import { newRun, type Run, reduce } from "@/model/run/run";
import { type Branches, branchesOf, choiceOf } from "./branches";

/** Why a question was not taken, or its answer failed; `reference` is the id that the server's log knows it by. */
export type Failure = { message: string; details: ReadonlyArray<string>; reference: string | null };

export type Turn = {
  /** The id of the person's message. */
  id: string;
  question: string;
  /** The question that it follows. */
  parent: string | null;
  /** RFC 3339. */
  at: string;
  /** Null until the server has stored the question. */
  runId: string | null;
  /** As its events told it, where they were followed here. */
  run: Run | null;
  /** The stored answer. */
  answer: MessageOut | null;
  feedback: FeedbackOut | null;
  wrong: Failure | null;
};

export type Turns = Branches & {
  /** All of them, each after its parent. */
  order: ReadonlyArray<string>;
  of: Readonly<Record<string, Turn>>;
  byRun: Readonly<Record<string, string>>;
  /** Which branch the person chose, by parent. */
  chosen: Readonly<Record<string, string>>;
};

export const NO_TURNS: Turns = { order: [], of: {}, byRun: {}, chosen: {}, path: [], siblings: {} };

/** Branches change with the questions there are, not with what is answered. */
function branched(turns: Omit<Turns, "path" | "siblings">): Turns {
  return { ...turns, ...branchesOf(turns.order, (id) => turns.of[id]?.parent ?? null, turns.chosen) };
}

function put(turns: Turns, turn: Turn): Turns {
  const before = turns.of[turn.id];
  const of = { ...turns.of, [turn.id]: turn };
  const byRun =
    turn.runId && turns.byRun[turn.runId] !== turn.id ? { ...turns.byRun, [turn.runId]: turn.id } : turns.byRun;
  if (before && before.parent === turn.parent) return { ...turns, of, byRun };
  return branched({ ...turns, of, byRun, order: before ? turns.order : [...turns.order, turn.id] });
}

function blank(id: string, question: string, at: string, parent: string | null): Turn {
  return { id, question, parent, at, runId: null, run: null, answer: null, feedback: null, wrong: null };
}

/** The person's message, before the server knows it, in the branch that is shown. Sent again, it is no longer wrong. */
export function asked(turns: Turns, id: string, question: string, at: string, parent: string | null): Turns {
  return chosen(put(turns, { ...(turns.of[id] ?? blank(id, question, at, parent)), parent, wrong: null }), id);
}

/** Shows the branch of a question. */
export function chosen(turns: Turns, id: string): Turns {
  const choice = choiceOf(id, (one) => turns.of[one]?.parent ?? null, turns.chosen);
  return branched({ ...turns, chosen: choice });
}

/** The last question of the branch that is shown which the server took, or will: what the next one follows. */
export function lastTaken(turns: Turns): string | null {
  return turns.path.findLast((id) => !turns.of[id]?.wrong) ?? null;
}

export function rated(turns: Turns, id: string, feedback: FeedbackOut | null): Turns {
  const turn = turns.of[id];
  return turn ? put(turns, { ...turn, feedback }) : turns;
}

export function refused(turns: Turns, id: string, wrong: Failure): Turns {
  const turn = turns.of[id];
  return turn ? put(turns, { ...turn, wrong }) : turns;
}

export function without(turns: Turns, id: string): Turns {
  const { [id]: _, ...of } = turns.of;
  return branched({ ...turns, of, order: turns.order.filter((one) => one !== id) });
}

export function failureOf({ message, problems }: ErrorFrame): Failure {
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
        ...(of[message.id] ?? blank(message.id, message.content, message.created_at, null)),
        parent: message.parent_id,
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
      const turn = of[id] ?? blank(id, "", message.created_at, order.at(-1) ?? null);
      if (!of[id]) order.push(id);
      of[id] = { ...turn, runId: message.run_id, answer: message, feedback: message.feedback };
    }
  }
  const stored = new Set(order);
  const rest = turns.order.filter((id) => !stored.has(id));
  return branched({ order: [...order, ...rest], of, byRun, chosen: turns.chosen });
}

/** The turns after one more event of any run of the session. */
export function heard(turns: Turns, event: Event): Turns {
  if (event.type === "message.accepted") {
    const { id, content, created_at: at, parent_id: parent = null } = event.data.message;
    const turn = turns.of[id] ?? blank(id, content, at, parent);
    const run = reduce(turn.run ?? newRun(event.run_id), event);
    return put(turns, { ...turn, parent, runId: event.run_id, run, wrong: null });
  }
  const known = turns.of[turns.byRun[event.run_id] ?? event.run_id];
  const turn = known ?? blank(event.run_id, "", event.at, turns.path.at(-1) ?? null);
  return put(turns, { ...turn, runId: event.run_id, run: reduce(turn.run ?? newRun(event.run_id), event) });
}

/** The turn with all that its ended run had told. */
export function recalled(turns: Turns, id: string, run: Run): Turns {
  const turn = turns.of[id];
  return turn ? put(turns, { ...turn, run }) : turns;
}
