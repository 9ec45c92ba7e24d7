// Undo covers everything: any edits, undone, are the start; redone, they are the end.
import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { CATALOG } from "../node-types/test-catalog";
import { copied, pasted } from "./clipboard";
import * as edits from "./edits";
import { type Graph, writeConfiguration } from "./shape";
import {
  changeNodes,
  configurationNow,
  edit,
  hold,
  isDirty,
  open,
  redo,
  release,
  touch,
  undo,
  useStack,
} from "./store";

const START = {
  nodes: [
    { id: "query-1", type: "query", position: { x: 0, y: 0 }, data: { label: "Q", config: {} } },
    { id: "llm-1", type: "llm", position: { x: 300, y: 0 }, data: { label: "L", config: {} }, extra: { kept: true } },
    { id: "output-1", type: "output", position: { x: 600, y: 0 }, data: { label: "O", config: {} } },
  ],
  edges: [
    { id: "e1", source: "query-1", sourceHandle: "text", target: "llm-1", targetHandle: "prompt", kept: 1 },
    { id: "e2", source: "llm-1", sourceHandle: "answer", target: "output-1", targetHandle: "answer" },
  ],
  viewport: { x: 1, y: 2, zoom: 1 },
  unknown: ["kept"],
};

const stack = (configuration: Record<string, unknown> = START) => ({
  id: "s",
  name: "S",
  description: "",
  configuration,
  version: 1,
  problems: [],
  knowledge_base_id: null,
});

const shown = (): string => JSON.stringify([useStack.getState().graph.name, configurationNow()]);
const now = (): Graph => useStack.getState().graph;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  open(stack());
});

test("what the canvas does not know of a configuration stays in it", () => {
  expect(configurationNow()).toEqual(START);
  expect(isDirty()).toBe(false);
});

test("selection and measured sizes are neither a step nor a change", () => {
  touch((graph) => edits.select(graph, new Set(["llm-1"])));
  changeNodes([{ type: "dimensions", id: "llm-1", dimensions: { width: 248, height: 99 } }]);
  expect(useStack.getState().past).toHaveLength(0);
  expect(isDirty()).toBe(false);
});

test("a drag is one step, however many moves it has", () => {
  hold();
  for (const x of [5, 10, 15]) changeNodes([{ type: "position", id: "llm-1", position: { x, y: 0 }, dragging: true }]);
  changeNodes([{ type: "position", id: "llm-1", position: { x: 15, y: 0 }, dragging: false }]);
  release();
  expect(useStack.getState().past).toHaveLength(1);
  undo();
  expect(configurationNow()).toEqual(START);
});

test("a drag that ends where it began is no step", () => {
  hold();
  changeNodes([{ type: "position", id: "llm-1", position: { x: 9, y: 9 }, dragging: true }]);
  changeNodes([{ type: "position", id: "llm-1", position: { x: 300, y: 0 }, dragging: true }]);
  release();
  expect(useStack.getState().past).toHaveLength(0);
});

test("a typing burst is one step, and a pause begins another", () => {
  const type = (text: string) =>
    edit((graph) => edits.configure(graph, "llm-1", "system_prompt", text), "llm-1.prompt");
  for (const text of ["a", "ab", "abc"]) type(text);
  expect(useStack.getState().past).toHaveLength(1);
  vi.advanceTimersByTime(1500);
  type("abcd");
  expect(useStack.getState().past).toHaveLength(2);
});

test("arrow keys are steps too", () => {
  changeNodes([{ type: "position", id: "llm-1", position: { x: 308, y: 0 }, dragging: false }]);
  expect(useStack.getState().past).toHaveLength(1);
});

test("deleting a middle node knows what would heal it", () => {
  const gone = new Set(["llm-1"]);
  const after = edits.remove(now(), gone);
  expect(after.edges).toEqual([]);
  expect(edits.bridges(now(), after, gone, CATALOG)).toEqual([
    { source: "query-1", sourceHandle: "text", target: "output-1", targetHandle: "answer" },
  ]);
});

test("a copy is readable, and a paste has new ids", () => {
  const text = copied(now(), new Set(["query-1", "llm-1"])) ?? "";
  expect(text).toContain('"type": "llm"');
  const given = pasted(text);
  expect(given?.edges).toHaveLength(1);
  edit((graph) => (given ? edits.paste(graph, given, { x: 8, y: 8 }) : graph));
  expect(now().nodes.map((node) => node.id)).toEqual(["query-1", "llm-1", "output-1", "query-2", "llm-2"]);
  expect(new Set(now().edges.map((edge) => edge.id)).size).toBe(3);
  expect(pasted("some text")).toBeNull();
  expect(pasted('{"a": 1}')).toBeNull();
});

test("equal gaps leave the outermost nodes", () => {
  const all = new Set(now().nodes.map((node) => node.id));
  const moved = edits.moveBy(now(), new Set(["llm-1"]), { x: 50, y: 0 });
  expect(edits.distribute(moved, all, "x").nodes.map((node) => node.position.x)).toEqual([0, 300, 600]);
});

const step = fc
  .nat(11)
  .chain((kind) =>
    fc.record({ kind: fc.constant(kind), a: fc.nat(9), b: fc.nat(9), x: fc.integer({ min: -500, max: 500 }) }),
  );

function play({ kind, a, b, x }: { kind: number; a: number; b: number; x: number }): void {
  const { nodes, edges } = now();
  const one = nodes[a % Math.max(1, nodes.length)];
  const other = nodes[b % Math.max(1, nodes.length)];
  const edge = edges[a % Math.max(1, edges.length)];
  const types = [...CATALOG.types.values()];
  const type = types[b % types.length];
  if (!type) return;
  const some = new Set([one?.id ?? "", other?.id ?? ""]);
  const plays: ReadonlyArray<() => void> = [
    () => edit((graph) => edits.addNode(graph, type, { x, y: x }, CATALOG).graph),
    () => edit((graph) => edits.remove(graph, new Set([one?.id ?? ""]))),
    () => edit((graph) => edits.remove(graph, new Set([edge?.id ?? ""]))),
    () => {
      const output = CATALOG.types.get(one?.type ?? "")?.outputs[0];
      const input = CATALOG.types.get(other?.type ?? "")?.inputs[0];
      if (!(one && other && output && input)) return;
      const ends = { source: one.id, sourceHandle: output.name, target: other.id, targetHandle: input.name };
      edit((graph) => edits.connect(graph, CATALOG, ends));
    },
    () => edit((graph) => edits.configure(graph, one?.id ?? "", "top_k", x), `${one?.id}.top_k`),
    () => edit((graph) => edits.rename(graph, one?.id ?? "", `name ${x}`), `${one?.id}.label`),
    () => edit((graph) => edits.align(graph, some, "left")),
    () => {
      hold();
      if (one) changeNodes([{ type: "position", id: one.id, position: { x, y: a }, dragging: true }]);
      release();
    },
    () => {
      if (one)
        changeNodes([{ type: "position", id: one.id, position: { x: one.position.x + 8, y: b }, dragging: false }]);
    },
    () => {
      const given = pasted(copied(now(), some) ?? "");
      if (given) edit((graph) => edits.paste(graph, given, { x: 16, y: 16 }));
    },
    () => edit((graph) => edits.addNote(graph, { x, y: x }).graph),
    () => touch((graph) => edits.select(graph, some)),
  ];
  plays[kind]?.();
  vi.advanceTimersByTime(a % 3 === 0 ? 2000 : 100);
}

test("any edits: undo all is the start, redo all is the end, as often as one likes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      open(stack());
      const start = shown();
      for (const one of steps) play(one);
      const end = shown();
      for (let round = 0; round < 2; round += 1) {
        for (let times = 0; times < 60; times += 1) undo();
        expect(shown()).toBe(start);
        for (let times = 0; times < 60; times += 1) redo();
        expect(shown()).toBe(end);
      }
    }),
    { numRuns: 150 },
  );
});

test("any edits leave a graph without dangling or doubled edges and ids", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      open(stack());
      for (const one of steps) play(one);
      const { nodes, edges } = writeConfiguration(now(), {}) as { nodes: { id: string }[]; edges: Graph["edges"] };
      const ids = new Set(nodes.map((node) => node.id));
      expect(ids.size).toBe(nodes.length);
      expect(new Set(edges.map((edge) => edge.id)).size).toBe(edges.length);
      expect(edges.every((edge) => ids.has(edge.source) && ids.has(edge.target))).toBe(true);
    }),
    { numRuns: 100 },
  );
});
