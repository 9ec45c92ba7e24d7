// A version that was saved elsewhere is taken over while nothing here is unsaved, and only then.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WorkflowOut } from "@/api";
import { close, edit, open, useStack } from "../graph/store";
import { takeOverNewer } from "./following";

const STACK: WorkflowOut = {
  id: "s",
  name: "Mine",
  description: "",
  configuration: { nodes: [], edges: [] },
  version: 1,
  problems: [],
  tags: [],
  knowledge_base_id: null,
  created_at: "",
  updated_at: "",
};
const theirs = { ...STACK, name: "From the other tab", version: 2 };
const name = () => useStack.getState().graph.name;

beforeEach(() => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(theirs)));
  open(STACK);
});
afterEach(() => {
  close();
  vi.unstubAllGlobals();
});

test("a newer version is taken over where nothing is unsaved", async () => {
  await takeOverNewer("s", () => true);
  expect(name()).toBe("From the other tab");
  expect(useStack.getState().version).toBe(2);
});

test("unsaved edits are left alone", async () => {
  edit((graph) => ({ ...graph, name: "Edited here" }));
  await takeOverNewer("s", () => true);
  expect(name()).toBe("Edited here");
  expect(useStack.getState().version).toBe(1);
});

test("nothing is taken over while a save is on its way, or for another stack", async () => {
  await takeOverNewer("s", () => false);
  await takeOverNewer("other", () => true);
  expect(name()).toBe("Mine");
});

test("a server that is away changes nothing", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("offline")));
  await takeOverNewer("s", () => true);
  expect(name()).toBe("Mine");
});
