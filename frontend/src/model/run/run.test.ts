// A run is what its events say, whenever a reader came and however often it was cut off.
import { expect, test } from "vitest";
import type { Event } from "@/api";
import { answerSoFar, newRun, type Run, reduce } from "./run";

const RUN = "r";
let seq = 0;

function event<T extends Event["type"]>(type: T, data: unknown, node_id: string | null = null): Event {
  seq += 1;
  return {
    seq,
    run_id: RUN,
    type,
    node_id,
    at: `2026-01-01T00:00:${String(seq).padStart(2, "0")}Z`,
    data,
  } as unknown as Event;
}

const begin = () => {
  seq = 0;
  const plan = [
    { id: "q", label: "Question", type: "query" },
    { id: "llm", label: "Model", type: "llm" },
    { id: "o", label: "Output", type: "output" },
  ];
  return [event("run.started", { workflow_id: "w", version: 3, plan })];
};
const of = (id: string) => ({ label: id, type: id });
const after = (events: ReadonlyArray<Event>): Run => events.reduce(reduce, newRun(RUN));

test("the states of the nodes are those of the log", () => {
  const events = [
    ...begin(),
    event("node.started", of("q"), "q"),
    event("node.finished", { ...of("q"), duration_ms: 1, inputs: {}, outputs: { text: "Hi" } }, "q"),
    event("node.started", of("llm"), "llm"),
    event("thinking", { text: "Asking a model", kind: "status" }, "llm"),
  ];
  const run = after(events);
  expect(run.status).toBe("running");
  expect(Object.values(run.nodes).map((node) => node.status)).toEqual(["succeeded", "running", "waiting"]);
  expect(run.nodes["llm"]?.doing).toBe("Asking a model");
  expect(run.nodes["q"]?.outputs).toEqual({ text: "Hi" });
});

test("an answer streams, and the whole one takes its place", () => {
  const events = [
    ...begin(),
    event("node.started", of("llm"), "llm"),
    event("thinking", { text: "Hmm", kind: "reasoning" }, "llm"),
    event("answer.delta", { text: "Hel" }, "llm"),
    event("answer.delta", { text: "lo" }, "llm"),
  ];
  const run = after(events);
  expect(answerSoFar(run)).toBe("Hello");
  expect(run.nodes["llm"]?.reasoning.text).toBe("Hmm");
  const ended = [
    event("answer", { text: "Hello.", sources: [], usage: {}, complete: true }),
    event("run.finished", { status: "succeeded", error: null, duration_ms: 5, usage: { total_tokens: 3 } }),
  ].reduce(reduce, run);
  expect(answerSoFar(ended)).toBe("Hello.");
  expect(ended.status).toBe("succeeded");
});

test("what was said before a crash is void after it", () => {
  const events = [
    ...begin(),
    event("node.started", of("llm"), "llm"),
    event("answer.delta", { text: "lost" }, "llm"),
    event("node.restarted", { ...of("llm"), discard_after: 2 }, "llm"),
    event("answer.delta", { text: "kept" }, "llm"),
  ];
  expect(answerSoFar(after(events))).toBe("kept");
});

test("an event that comes twice counts once", () => {
  const events = [...begin(), event("node.started", of("llm"), "llm"), event("answer.delta", { text: "a" }, "llm")];
  const twice = events.flatMap((one) => [one, one]);
  expect(after([...twice, ...events])).toEqual(after(events));
});

test("after the last event nothing runs any more", () => {
  const events = [
    ...begin(),
    event("node.started", of("q"), "q"),
    event("run.finished", { status: "cancelled", error: null, duration_ms: 5, usage: {} }),
  ];
  const statuses = Object.values(after(events).nodes).map((node) => node.status);
  expect(statuses).toEqual(["skipped", "skipped", "skipped"]);
});

test("a delta leaves every other node as it was, so that nothing else is drawn anew", () => {
  const events = [...begin(), event("node.started", of("llm"), "llm")];
  const before = after(events);
  const now = reduce(before, event("answer.delta", { text: "a" }, "llm"));
  expect(now.nodes["q"]).toBe(before.nodes["q"]);
  expect(now.plan).toBe(before.plan);
});
