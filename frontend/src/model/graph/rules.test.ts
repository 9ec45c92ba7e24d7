// The canvas's rules, on the same cases as the server (`tests/contract/test_connections.py`).
import { describe, expect, test } from "vitest";
import { CASES, CATALOG } from "../node-types/test-catalog";
import { fitting, judge, topological } from "./rules";
import type { Graph } from "./shape";

const KINDS = ["query", "knowledge_base", "llm", "llm-2", "output"];

function graphOf(edges: ReadonlyArray<readonly [string, string, string, string]>): Graph {
  return {
    name: "",
    description: "",
    nodes: KINDS.map((id) => ({ id, type: id.replace("-2", ""), position: { x: 0, y: 0 }, data: {} })),
    edges: edges.map(([source, sourceHandle, target, targetHandle], place) => ({
      id: String(place),
      source,
      sourceHandle,
      target,
      targetHandle,
    })),
  };
}

describe("an edge is legal, or not, as the server has it", () => {
  test.each(CASES)("$name", ({ edges, from, to, legal }) => {
    const [source, sourceHandle] = from;
    const [target, targetHandle] = to;
    expect(judge(graphOf(edges), CATALOG, { source, sourceHandle, target, targetHandle }).ok).toBe(legal);
  });
});

test("a new edge replaces the one that a single port has, and joins those of a port that takes several", () => {
  const graph = graphOf([
    ["query", "text", "llm", "prompt"],
    ["knowledge_base", "context", "llm", "context"],
  ]);
  const prompt = { source: "llm-2", sourceHandle: "answer", target: "llm", targetHandle: "prompt" };
  expect(judge(graph, CATALOG, prompt)).toEqual({ ok: true, replaces: "0" });
  const second = { ...graph, nodes: [...graph.nodes, { ...graph.nodes[1], id: "kb-2" } as Graph["nodes"][number]] };
  const context = { source: "kb-2", sourceHandle: "context", target: "llm", targetHandle: "context" };
  expect(judge(second, CATALOG, context)).toEqual({ ok: true, replaces: null });
});

test("a refusal says what is needed and what would come", () => {
  const ends = { source: "knowledge_base", sourceHandle: "context", target: "llm", targetHandle: "prompt" };
  expect(judge(graphOf([]), CATALOG, ends)).toEqual({ ok: false, reason: "needs text, gets documents" });
});

test("the ports that fit an output are all inputs of its type", () => {
  const found = fitting(graphOf([]), CATALOG, { node: "knowledge_base", port: "context", side: "output" });
  expect(found.map((end) => `${end.node}.${end.port}`)).toEqual(["llm.context", "llm-2.context", "output.answer"]);
});

test("nodes come in the order of the edges, and none is lost in a circle", () => {
  const graph = graphOf([
    ["llm", "answer", "llm-2", "prompt"],
    ["llm-2", "answer", "llm", "prompt"],
    ["query", "text", "knowledge_base", "query"],
  ]);
  const order = topological(graph).map((node) => node.id);
  expect(order.indexOf("query")).toBeLessThan(order.indexOf("knowledge_base"));
  expect(order.toSorted()).toEqual(KINDS.toSorted());
});
