// Where a node goes that is added without a place, and what it is connected to by itself.
import type { NodeTypeOut } from "@/api";
import { accepts, type Catalog } from "../node-types/node-types";
import { connect } from "./edits";
import { nodeOf } from "./rules";
import { CARD, type Graph, isNote, type StackNode, sizeOf } from "./shape";

type Point = { x: number; y: number };
const GAP = { x: 96, y: 40 };

/** The node that a new one follows: the selected one, or the one that was added last. */
export function lastNode(graph: Graph): StackNode | undefined {
  const nodes = graph.nodes.filter((node) => !isNote(node));
  const selected = nodes.filter((node) => node.selected);
  return selected.length === 1 ? selected[0] : nodes.at(-1);
}

/** The middle of a free place to the right of the last node, lower where others stand in the way. */
export function nextPlace(graph: Graph, otherwise: Point, size = CARD): Point {
  const last = lastNode(graph);
  if (!last) return otherwise;
  const x = last.position.x + sizeOf(last).width + GAP.x;
  let y = last.position.y;
  for (let blocker = inTheWay(graph, { x, y }, size); blocker; blocker = inTheWay(graph, { x, y }, size)) {
    y = blocker.position.y + sizeOf(blocker).height + GAP.y;
  }
  return { x: x + size.width / 2, y: y + size.height / 2 };
}

function inTheWay(graph: Graph, at: Point, size: { width: number; height: number }): StackNode | undefined {
  return graph.nodes.find((node) => {
    const { width, height } = sizeOf(node);
    const { x, y } = node.position;
    return (
      at.x < x + width + GAP.x / 2 &&
      at.x + size.width + GAP.x / 2 > x &&
      at.y < y + height + GAP.y / 2 &&
      at.y + size.height + GAP.y / 2 > y
    );
  });
}

/** Connects a new node to the one before it, where exactly one pair of their ports fits. */
export function connectToLast(graph: Graph, catalog: Catalog, lastId: string, addedId: string): Graph {
  const portsOf = (id: string): NodeTypeOut | undefined => catalog.types.get(nodeOf(graph, id)?.type ?? "");
  const pairs = (portsOf(lastId)?.outputs ?? []).flatMap((output) =>
    (portsOf(addedId)?.inputs ?? []).flatMap((input) => (accepts(input, output) ? [{ output, input }] : [])),
  );
  const [only, ...others] = pairs;
  if (!only || others.length) return graph;
  return connect(graph, catalog, {
    source: lastId,
    sourceHandle: only.output.name,
    target: addedId,
    targetHandle: only.input.name,
  });
}
