// What differs between two versions is named, with both values.
import { expect, test } from "vitest";
import { differences } from "./differences";
import type { Graph } from "./shape";

const graph = (name: string, config: Record<string, unknown> = {}): Graph => ({
  name,
  description: "",
  nodes: [{ id: "a", type: "llm", position: { x: 0, y: 0 }, data: { label: "LLM", config } }],
  edges: [],
});

test("a name and a setting are told with both values", () => {
  expect(differences(graph("From tab one", { model: "a" }), graph("From tab two", { model: "b" }))).toEqual([
    "Name: From tab one → From tab two",
    "“LLM” model: a → b",
  ]);
});

test("what is the same is not told", () => {
  expect(differences(graph("Same"), graph("Same"))).toEqual([]);
});

test("added, deleted and moved nodes and connections are told", () => {
  const before = graph("Same");
  const [node] = before.nodes;
  if (!node) throw new Error("no node");
  const after: Graph = {
    ...before,
    nodes: [
      { ...node, position: { x: 8, y: 0 } },
      { ...node, id: "b", data: { label: "Second", config: {} } },
    ],
    edges: [{ id: "e", source: "a", target: "b", sourceHandle: "answer", targetHandle: "prompt" }],
  };
  expect(differences(before, after)).toEqual(["“Second” was added", "“LLM” was moved", "1 connection added"]);
  expect(differences(after, before)).toEqual(["“Second” was deleted", "“LLM” was moved", "1 connection removed"]);
});
