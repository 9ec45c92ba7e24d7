// Saving by itself: soon, never over someone else's work, and nothing is lost while the server is away.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WorkflowOut } from "@/api";
import { edit, isDirty, useStack } from "../graph/store";
import { beginSaving, flush, resolve, useSaving } from "./saving";

const STACK: WorkflowOut = {
  id: "s",
  name: "Mine",
  description: "",
  tags: [],
  configuration: { nodes: [], edges: [] },
  version: 1,
  problems: [],
  knowledge_base_id: null,
  created_at: "",
  updated_at: "",
};

type Sent = { method: string; path: string; match: string | null; body: { name: string } };
let sent: Sent[] = [];
let answer: (request: Sent) => Response | Promise<Response> = () => json(200, STACK);
let end = () => {};

const json = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const problem = (status: number) => json(status, { status, code: "X", detail: "No.", request_id: "r" });
const rename = (name: string) => edit((graph) => ({ ...graph, name }));
const state = () => useSaving.getState().state;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  sent = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    const body = init.body ? JSON.parse(String(init.body)) : null;
    const request = { method: init.method ?? "GET", path, match: headers.get("if-match"), body };
    if (request.method !== "GET" || path.endsWith("/s")) sent.push(request);
    return answer(request);
  });
  answer = ({ method, body }) => json(200, method === "PUT" ? { ...STACK, ...body, version: 2 } : STACK);
  end = beginSaving(STACK);
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("an edit is saved within a second, once for a burst, on the version that was read", async () => {
  for (const name of ["a", "ab", "abc"]) {
    rename(name);
    await vi.advanceTimersByTimeAsync(150);
  }
  await vi.advanceTimersByTimeAsync(700);
  expect(sent.map(({ method, match, body }) => [method, match, body.name])).toEqual([["PUT", '"1"', "abc"]]);
  expect(state()).toBe("saved");
  rename("abcd");
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.at(-1)?.match).toBe('"2"');
});

test("someone who types on and on is saved all the same", async () => {
  for (let times = 0; times < 12; times += 1) {
    rename(`name ${times}`);
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(sent.length).toBeGreaterThanOrEqual(2);
});

test("while the server is away the edit is kept, and tried again", async () => {
  answer = () => Promise.reject(new TypeError("network"));
  rename("later");
  await vi.advanceTimersByTimeAsync(1000);
  expect(state()).toBe("offline");
  expect(localStorage.getItem("genai-stack.draft.s")).toContain("later");
  answer = ({ body }) => json(200, { ...STACK, ...body, version: 2 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(state()).toBe("saved");
  expect(localStorage.getItem("genai-stack.draft.s")).toBeNull();
});

test("a draft that was left behind is taken up; on a changed stack it is a conflict", () => {
  const draft = { version: 1, name: "Left behind", description: "", tags: [], configuration: STACK.configuration };
  localStorage.setItem("genai-stack.draft.s", JSON.stringify(draft));
  end();
  end = beginSaving(STACK);
  expect(useStack.getState().graph.name).toBe("Left behind");
  expect(isDirty()).toBe(true);
  end();
  localStorage.setItem("genai-stack.draft.s", JSON.stringify(draft));
  end = beginSaving({ ...STACK, version: 5, name: "Theirs" });
  expect(state()).toBe("conflict");
});

test("a conflict keeps both: mine on their version, or theirs with mine as a stack of its own", async () => {
  const theirs = { ...STACK, name: "Theirs", version: 7 };
  answer = ({ method }) => (method === "PUT" ? problem(412) : json(200, theirs));
  rename("Ours");
  await vi.advanceTimersByTimeAsync(1000);
  expect(state()).toBe("conflict");
  answer = ({ body }) => json(200, { ...theirs, ...body, version: 8 });
  await resolve("mine");
  expect(sent.at(-1)).toMatchObject({ method: "PUT", match: '"7"', body: { name: "Ours" } });
  expect(state()).toBe("saved");

  answer = ({ method, path, body }) => {
    if (method === "POST") return json(201, { ...STACK, ...body, id: "copy", version: 1 });
    if (method === "PUT") return path.endsWith("/copy") ? json(200, { ...STACK, ...body, id: "copy" }) : problem(412);
    return json(200, theirs);
  };
  rename("Ours again");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await resolve("theirs")).toEqual({ copy: "copy" });
  const [copied, filled] = sent.slice(-2);
  expect(copied).toMatchObject({ method: "POST", body: { name: "Ours again (my changes)" } });
  expect(copied?.path).toMatch(/\/s\/duplicate$/);
  expect(filled).toMatchObject({ method: "PUT", match: '"1"', body: { name: "Ours again (my changes)" } });
  expect(useStack.getState().graph.name).toBe("Theirs");
});

test("who must know that everything is saved is told why it is not", async () => {
  rename("now");
  await flush();
  expect(sent).toHaveLength(1);
  answer = () => problem(413);
  rename("too large");
  await expect(flush()).rejects.toThrow("No.");
});
