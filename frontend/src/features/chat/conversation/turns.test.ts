// A conversation from stored messages and from events, in whatever order they come.
import { expect, test } from "vitest";
import type { Event, MessageOut } from "@/api";
import { runningTurn, shownOf, thoughtInWords } from "./shown-turn";
import { asked, chosen, heard, NO_TURNS, refused, type Turn, type Turns, withStored } from "./turns";

const AT = "2026-01-01T00:00:00.000Z";
let seq = 0;

function event(type: Event["type"], data: object, run = "r1", at = AT): Event {
  seq += 1;
  return { seq, run_id: run, node_id: "llm", at, type, data } as unknown as Event;
}

function message(role: "user" | "assistant", id: string, content: string, metadata = {}): MessageOut {
  return { id, run_id: "r1", parent_id: null, role, content, metadata, created_at: AT, feedback: null };
}

const began = (id = "q1", run = "r1") => [
  event(
    "message.accepted",
    { message: { id, content: "Why?", role: "user", created_at: AT, metadata: {}, parent_id: null } },
    run,
  ),
  event("run.started", { workflow_id: "w", version: 1, plan: [{ id: "llm", label: "LLM", type: "llm" }] }, run),
];
const said = (text: string) => event("answer.delta", { text });
const ended = (status: string, error: object | null = null) =>
  event("run.finished", { status, error, duration_ms: 1, usage: {} });
const all = (turns: Turns, events: Event[]) => events.reduce(heard, turns);
const only = (turns: Turns): Turn => {
  expect(turns.order).toHaveLength(1);
  return turns.of[turns.order[0] ?? ""] as Turn;
};

test("a question is there at once, and is the same one when the server has taken it", () => {
  const turns = asked(NO_TURNS, "q1", "Why?", AT, null);
  expect(shownOf(only(turns)).phase).toBe("sending");
  expect(shownOf(only(all(turns, began()))).phase).toBe("working");
});

test("an answer grows, and ends", () => {
  const writing = all(NO_TURNS, [...began(), said("Be"), said("cause")]);
  expect(shownOf(only(writing))).toMatchObject({ phase: "answering", text: "Because" });
  expect(shownOf(only(heard(writing, ended("succeeded"))))).toMatchObject({ phase: "done", text: "Because" });
  expect(runningTurn(writing)?.id).toBe("q1");
});

test("what a crash made void is taken back", () => {
  const first = all(NO_TURNS, began());
  const kept = said("Be");
  const turns = all(first, [
    kept,
    said("lost"),
    event("node.restarted", { label: "LLM", type: "llm", discard_after: kept.seq }),
    said("cause"),
  ]);
  expect(shownOf(only(turns)).text).toBe("Because");
});

test("stored messages and events of the same run are one turn, whichever comes first", () => {
  const stored = [message("user", "q1", "Why?")];
  expect(shownOf(only(withStored(all(NO_TURNS, [...began(), said("Be")]), stored))).text).toBe("Be");
  expect(shownOf(only(all(withStored(NO_TURNS, stored), [...began(), said("Be")]))).text).toBe("Be");
});

test("a stored answer that was stopped keeps its text and its mark", () => {
  const turns = withStored(NO_TURNS, [
    message("user", "q1", "Why?"),
    message("assistant", "a1", "Becau", { status: "cancelled" }),
  ]);
  expect(shownOf(only(turns))).toMatchObject({ phase: "stopped", text: "Becau" });
});

test("thoughts of a stored answer are offered where there were some, or nobody knows", () => {
  const offered = [{}, { thought: true }, { thought: false }].map((told) => {
    const answer = message("assistant", "a1", "Because", { status: "succeeded", ...told });
    return shownOf(only(withStored(NO_TURNS, [message("user", "q1", "Why?"), answer]))).thoughtsOf;
  });
  expect(offered).toEqual(["r1", "r1", null]);
});

test("a failure is told in words, with the run's id", () => {
  const turns = all(NO_TURNS, [...began(), ended("failed", { code: "X", message: "The model is away." })]);
  expect(shownOf(only(turns))).toMatchObject({
    phase: "failed",
    wrong: { message: "The model is away.", reference: "r1" },
  });
});

test("a question that was refused can be sent again", () => {
  const wrong = { message: "No.", details: [], reference: null };
  const turns = refused(asked(NO_TURNS, "q1", "Why?", AT, null), "q1", wrong);
  expect(shownOf(only(turns))).toMatchObject({ phase: "unsent", wrong });
  expect(shownOf(only(asked(turns, "q1", "Why?", AT, null))).phase).toBe("sending");
});

test("what only this page knows stays behind what is stored", () => {
  const turns = withStored(asked(NO_TURNS, "q2", "And?", AT, "q1"), [message("user", "q1", "Why?")]);
  expect(turns.order).toEqual(["q1", "q2"]);
});

test("thinking is counted in seconds", () => {
  const thinking = (at: string) => event("thinking", { kind: "reasoning", text: "Hm. " }, "r1", at);
  const turns = all(NO_TURNS, [...began(), thinking("2026-01-01T00:00:01Z"), thinking("2026-01-01T00:00:05Z")]);
  expect(shownOf(only(turns))).toMatchObject({ reasoning: "Hm. Hm. ", thought: 4 });
  expect([thoughtInWords(4.2), thoughtInWords(0.1), thoughtInWords(65), thoughtInWords(null)]).toEqual([
    "Thought for 4 s",
    "Thought for 1 s",
    "Thought for 1 min 5 s",
    "Reasoning",
  ]);
});

test("a repeated question is a branch beside the first, and either can be shown", () => {
  const stored = withStored(NO_TURNS, [
    message("user", "q1", "Why?"),
    { ...message("user", "q2", "And?"), parent_id: "q1" },
  ]);
  const twice = asked(stored, "q3", "And now?", AT, "q1");
  expect([twice.path, twice.siblings["q2"]]).toEqual([
    ["q1", "q3"],
    ["q2", "q3"],
  ]);
  expect(chosen(twice, "q2").path).toEqual(["q1", "q2"]);
});

test("a stored answer keeps how long it was thought about, and its feedback", () => {
  const feedback = { rating: "down" as const, reason: "Too short", updated_at: AT };
  const answer = { ...message("assistant", "a1", "Because", { thought: true, thought_ms: 3200 }), feedback };
  const shown = shownOf(only(withStored(NO_TURNS, [message("user", "q1", "Why?"), answer])));
  expect([shown.thought, shown.feedback, shown.messageId]).toEqual([3.2, feedback, "a1"]);
});
