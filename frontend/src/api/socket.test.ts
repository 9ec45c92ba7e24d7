// A reader that is cut off follows on where it was: nothing twice, nothing missing.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followRun, talk, useConnection } from "./socket";
import type { Event } from "./types";

class FakeSocket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static made: FakeSocket[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    readonly url: URL,
    readonly protocols: string[],
  ) {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  opens() {
    this.readyState = 1;
    this.onopen?.();
  }
  says(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const event = (seq: number, type = "answer.delta", run = "r") =>
  ({
    seq,
    run_id: run,
    type,
    node_id: null,
    at: "",
    data: { text: String(seq), message: { id: "m" } },
  }) as unknown as Event;
const latest = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket;

beforeEach(() => {
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a run is followed on after the last event that was seen, and no event comes twice", () => {
  const seen: number[] = [];
  const connection = followRun("r", { onEvent: (one) => seen.push(one.seq) });
  latest().opens();
  latest().says(event(1));
  latest().says(event(2));
  latest().breaks();
  expect(useConnection.getState().status).toBe("reconnecting");
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.made).toHaveLength(2);
  expect(latest().url.search).toBe("?after=2");
  latest().opens();
  latest().says(event(2));
  latest().says(event(3));
  expect(seen).toEqual([1, 2, 3]);
  expect(useConnection.getState().status).toBe("open");
  connection.close();
  expect(useConnection.getState().status).toBe("quiet");
});

test("the last event ends it", () => {
  followRun("r", { onEvent: () => {} });
  latest().opens();
  latest().says(event(1, "run.finished"));
  latest().breaks(1000);
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(1);
});

test("waits grow, and are never the same for all", () => {
  vi.stubGlobal("fetch", () => Promise.resolve({ status: 503 }));
  const connection = followRun("r", { onEvent: () => {} });
  latest().breaks();
  vi.advanceTimersByTime(124);
  expect(FakeSocket.made).toHaveLength(1);
  vi.advanceTimersByTime(300);
  expect(FakeSocket.made).toHaveLength(2);
  connection.close();
});

test("a token goes as a subprotocol, never in the address", () => {
  localStorage.setItem("genai-stack.token", "secret");
  const connection = followRun("r", { onEvent: () => {} });
  expect(latest().protocols).toEqual(["genai-stack", "bearer.secret"]);
  expect(latest().url.href).not.toContain("secret");
  connection.close();
});

test("a question is sent again on every connection until it is accepted, and its run is followed on", () => {
  const seen: string[] = [];
  const conversation = talk("s", { onEvent: (one) => seen.push(`${one.run_id}.${one.seq}`), onError: () => {} });
  conversation.say("m", "Hello", null);
  latest().opens();
  expect(latest().sent).toEqual([{ type: "message", id: "m", content: "Hello", parent_id: null }]);
  latest().breaks();
  vi.advanceTimersByTime(2000);
  latest().opens();
  expect(latest().sent).toEqual([{ type: "message", id: "m", content: "Hello", parent_id: null }]);
  latest().says(event(1, "message.accepted"));
  latest().says(event(2));
  latest().breaks();
  vi.advanceTimersByTime(5000);
  latest().opens();
  expect(latest().sent).toEqual([{ type: "follow", run_id: "r", after: 2 }]);
  latest().says(event(1, "message.accepted"));
  latest().says(event(3));
  expect(seen).toEqual(["r.1", "r.2", "r.3"]);
  conversation.close();
});
