// After a layout no edge passes behind a card, and no two cards cover each other.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, crossings } from "./edge-clearance";
import { layout } from "./layout";
import type { Graph, StackNode } from "./shape";
import { sizeOf } from "./shape";

const node = (id: string, height = 150): StackNode => ({
  id,
  type: "llm",
  position: { x: 0, y: 0 },
  data: {},
  measured: { width: 248, height },
});
const graphOf = (nodes: StackNode[], wires: ReadonlyArray<[string, string]>): Graph => ({
  name: "",
  description: "",
  nodes,
  edges: wires.map(([source, target], place) => ({ id: `e${place}`, source, target })),
});

async function laidOut(graph: Graph): Promise<Box[]> {
  const places = await layout(graph);
  return graph.nodes.map((one) => ({ id: one.id, ...sizeOf(one), ...(places.get(one.id) ?? { x: 0, y: 0 }) }));
}

const overlaps = (boxes: ReadonlyArray<Box>) =>
  boxes.some((one, place) =>
    boxes
      .slice(place + 1)
      .some(
        (other) =>
          one.x < other.x + other.width &&
          other.x < one.x + one.width &&
          one.y < other.y + other.height &&
          other.y < one.y + one.height,
      ),
  );

test("row 3: the edge from the query to the model passes beside the knowledge base, not behind it", async () => {
  const graph = graphOf(
    [node("q", 110), node("kb", 190), node("llm", 210), node("o", 110)],
    [
      ["q", "kb"],
      ["kb", "llm"],
      ["q", "llm"],
      ["llm", "o"],
    ],
  );
  const boxes = await laidOut(graph);
  expect(crossings(boxes, graph.edges)).toEqual([]);
  expect(overlaps(boxes)).toBe(false);
});

test("draft and review: an edge over several cards passes behind none", async () => {
  const graph = graphOf(
    [node("q"), node("kb", 190), node("draft", 210), node("review", 210), node("o")],
    [
      ["q", "kb"],
      ["kb", "draft"],
      ["q", "draft"],
      ["draft", "review"],
      ["q", "review"],
      ["kb", "review"],
      ["review", "o"],
    ],
  );
  const boxes = await laidOut(graph);
  expect(crossings(boxes, graph.edges)).toEqual([]);
  expect(overlaps(boxes)).toBe(false);
});

test("a stack of any shape with up to seven nodes has no edge behind a card", async () => {
  const shape = fc.integer({ min: 3, max: 7 }).chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.uniqueArray(
        fc.tuple(fc.nat(count - 2), fc.nat(count - 1)).filter(([from, to]) => from < to),
        { maxLength: 10, selector: ([from, to]) => `${from}-${to}` },
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(shape, async ([count, wires]) => {
      const graph = graphOf(
        Array.from({ length: count }, (_, place) => node(`n${place}`, 110 + 20 * place)),
        wires.map(([from, to]): [string, string] => [`n${from}`, `n${to}`]),
      );
      const boxes = await laidOut(graph);
      expect(overlaps(boxes)).toBe(false);
      expect(crossings(boxes, graph.edges)).toEqual([]);
    }),
    { seed: 8, numRuns: 60 },
  );
});
