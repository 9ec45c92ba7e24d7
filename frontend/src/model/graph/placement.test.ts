// A node that is added without a place stands beside the last one and is wired where only one port fits.
import { expect, test } from "vitest";
import { CATALOG } from "../node-types/test-catalog";
import { connectToLast, nextPlace } from "./placement";
import type { Graph, StackNode } from "./shape";

const node = (id: string, type: string, x: number, y: number): StackNode => ({
  id,
  type,
  position: { x, y },
  data: {},
  measured: { width: 248, height: 150 },
});
const graph = (...nodes: StackNode[]): Graph => ({ name: "", description: "", nodes, edges: [] });
const MIDDLE = { x: 5, y: 6 };

test("the first node goes where it is told to", () => {
  expect(nextPlace(graph(), MIDDLE)).toEqual(MIDDLE);
});

test("the next node stands to the right of the last, in the same row", () => {
  const place = nextPlace(graph(node("a", "query", 0, 0)), MIDDLE);
  expect(place).toEqual({ x: 248 + 96 + 124, y: 60 });
});

test("a place that is taken is left free", () => {
  const taken = graph(node("b", "llm", 344, 0), node("a", "query", 0, 0));
  expect(nextPlace(taken, MIDDLE).y).toBe(150 + 40 + 60);
});

test("only a sole pair of ports is wired", () => {
  const types = [...CATALOG.types.values()];
  const [one] = types.filter((type) => type.outputs.length === 1);
  if (!one) throw new Error("no type");
  const target = types.find(
    (type) =>
      type.inputs.filter((port) => port.types.some((name) => one.outputs[0]?.types.includes(name))).length === 1,
  );
  if (!target) throw new Error("no target");
  const before = graph(node("a", one.type, 0, 0), node("b", target.type, 400, 0));
  expect(connectToLast(before, CATALOG, "a", "b").edges).toHaveLength(1);
  expect(connectToLast(before, CATALOG, "b", "b").edges).toHaveLength(0);
});
