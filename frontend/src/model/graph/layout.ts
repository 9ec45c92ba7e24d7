// Places for nodes, from left to right along the edges.
import { clearEdges, middleOfSide, type PortAt } from "./edge-clearance";
import { type Graph, isNote, type StackNode, sizeOf } from "./shape";

type Point = { x: number; y: number };
const GAP = { layers: 96, nodes: 40 };

/** Where the nodes go; with `ids`, only those, where they stand now. dagre is fetched when it is first needed. */
export async function layout(
  graph: Graph,
  ids?: ReadonlySet<string>,
  portAt: PortAt = middleOfSide,
): Promise<Map<string, Point>> {
  const dagre = await import("@dagrejs/dagre");
  const chosen = graph.nodes.filter((node) => !isNote(node) && (!ids?.size || ids.has(node.id)));
  if (!chosen.length) return new Map();
  const drawn = new dagre.Graph();
  drawn.setGraph({ rankdir: "LR", ranksep: GAP.layers, nodesep: GAP.nodes });
  drawn.setDefaultEdgeLabel(() => ({}));
  const known = new Set(chosen.map((node) => node.id));
  for (const node of chosen) drawn.setNode(node.id, { ...sizeOf(node) });
  for (const edge of graph.edges) {
    if (known.has(edge.source) && known.has(edge.target)) drawn.setEdge(edge.source, edge.target);
  }
  dagre.layout(drawn);
  const left = Math.min(...chosen.map((node) => node.position.x));
  const top = Math.min(...chosen.map((node) => node.position.y));
  const found = chosen.map((node) => {
    const { x, y } = drawn.node(node.id) as Point;
    const { width, height } = sizeOf(node);
    return { id: node.id, x: x - width / 2, y: y - height / 2 };
  });
  const boxes = found.map((one) => ({ ...one, ...sizeOf(nodeById(chosen, one.id)) }));
  clearEdges(boxes, graph.edges, portAt);
  for (const one of found) one.y = boxes.find((box) => box.id === one.id)?.y ?? one.y;
  const first = { x: Math.min(...found.map((one) => one.x)), y: Math.min(...found.map((one) => one.y)) };
  return new Map(
    found.map(({ id, x, y }) => [id, { x: Math.round(left + x - first.x), y: Math.round(top + y - first.y) }]),
  );
}

function nodeById(nodes: ReadonlyArray<StackNode>, id: string): StackNode {
  const node = nodes.find((one) => one.id === id);
  if (!node) throw new Error(`The layout has a node “${id}” that the stack has not.`);
  return node;
}
