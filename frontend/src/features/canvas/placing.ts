// Where things are and go: the edge under a point, what a dragged node or a dropped edge lands on, a large stack's view.
import { type Connection, getViewportForBounds, type Viewport } from "@xyflow/react";
import { connect, insertBetween } from "@/model/graph/edits";
import { type End, type Ends, endsOf, firstFit, judge, nodeOf, portOf } from "@/model/graph/rules";
import { CARD, isNote, type StackEdge, type StackNode, sizeOf } from "@/model/graph/shape";
import { edit } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { graphNow } from "./actions";
import { flow } from "./canvas-state";

/** The edge whose end is being moved; it does not count while its new place is judged. */
export const moving: { edge: string | null } = { edge: null };

export const endsOfConnection = (ends: Connection | StackEdge): Ends => ({
  source: ends.source,
  sourceHandle: ends.sourceHandle ?? null,
  target: ends.target,
  targetHandle: ends.targetHandle ?? null,
});

export function isRight(ends: Connection | StackEdge, catalog: Parameters<typeof judge>[1]): boolean {
  return judge(graphNow(), catalog, endsOfConnection(ends), moving.edge ?? undefined).ok;
}

/** An edge let go over a node, beside its ports: the first port that fits takes it. */
export function dropOnNode(from: End, nodeId: string): void {
  edit((graph) => {
    const node = nodeOf(graph, nodeId);
    const catalog = catalogNow();
    const type = catalog.types.get(node?.type ?? "");
    const port = portOf(graph, catalog, from);
    if (!(type && port)) return graph;
    const fit = firstFit(from.side === "output" ? type.inputs : type.outputs, port, from.side);
    const ends =
      fit && endsOf(from, { node: nodeId, port: fit.name, side: from.side === "output" ? "input" : "output" });
    return ends ? connect(graph, catalog, ends) : graph;
  });
}

export function edgeUnder(x: number, y: number): string | null {
  const found = document.elementsFromPoint(x, y).map((one) => one.closest<SVGGElement>(".react-flow__edge"));
  return found.find((one) => one !== null)?.dataset["id"] ?? null;
}

/** The edge under a dragged node that has none of its own and fits in there. */
export function takes({ id }: StackNode): string | null {
  const graph = graphNow();
  const node = nodeOf(graph, id); // where it is by now: what is drawn is a move behind
  if (!node || isNote(node) || graph.edges.some((edge) => edge.source === id || edge.target === id)) return null;
  const { width, height } = sizeOf(node);
  const at = flow.now?.flowToScreenPosition({ x: node.position.x + width / 2, y: node.position.y + height / 2 });
  const edge = at ? edgeUnder(at.x, at.y) : null;
  return edge && insertBetween(graph, catalogNow(), edge, id) !== graph ? edge : null;
}

/** Where a large stack is seen whole, before anything was measured: it is drawn once, small, and not large first. */
export function overviewOf(nodes: ReadonlyArray<StackNode>): Viewport {
  const xs = nodes.map((node) => node.position.x);
  const ys = nodes.map((node) => node.position.y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const bounds = { x, y, width: Math.max(...xs) + CARD.width - x, height: Math.max(...ys) + CARD.height - y };
  const wide = Math.max(320, window.innerWidth - (window.innerWidth < 768 ? 0 : 248));
  return getViewportForBounds(bounds, wide, window.innerHeight - 56, 0.08, 1, 0.08);
}
