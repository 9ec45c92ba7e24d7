// Lines that a dragged node snaps to: the edges and middles of the others.
import type { NodeChange, NodePositionChange } from "@xyflow/react";
import { create } from "zustand";
import { type StackNode, sizeOf } from "@/model/graph/shape";

const NEAR = 5; // pixels on the canvas
export type Guides = { x: number | null; y: number | null };

export const NO_GUIDES: Guides = { x: null, y: null };

/** Those that are shown; in a store of their own, since they change with every move and no card or edge listens. */
export const useGuides = create<Guides>(() => NO_GUIDES);

/** Moves the change onto the nearest lines of other nodes, and says which lines those are. */
export function snapped(
  changes: ReadonlyArray<NodeChange<StackNode>>,
  nodes: ReadonlyArray<StackNode>,
): { changes: ReadonlyArray<NodeChange<StackNode>>; guides: Guides } {
  const moves = changes.filter((change): change is NodePositionChange => change.type === "position");
  const [move, ...more] = moves;
  const shown = useGuides.getState();
  const isEnd = !move?.dragging; // a drag ends on the line that was shown last; arrow keys move freely
  if (!move?.position || more.length || (isEnd && shown.x === null && shown.y === null))
    return { changes, guides: NO_GUIDES };
  const dragged = nodes.find((node) => node.id === move.id);
  if (!dragged) return { changes, guides: NO_GUIDES };
  const size = sizeOf(dragged);
  const guides: Guides = { ...NO_GUIDES };
  const position = { ...move.position };
  for (const axis of ["x", "y"] as const) {
    const extent = axis === "x" ? size.width : size.height;
    const found = nearest(move.position[axis], extent, axis, nodes, move.id);
    if (found) {
      position[axis] = found.start;
      guides[axis] = found.line;
    }
  }
  const moved = changes.map((change) => (change === move ? { ...move, position } : change));
  return { changes: moved, guides: isEnd ? NO_GUIDES : guides };
}

function nearest(start: number, extent: number, axis: "x" | "y", nodes: ReadonlyArray<StackNode>, id: string) {
  let best: { start: number; line: number } | null = null;
  let distance = NEAR;
  for (const node of nodes) {
    if (node.id === id) continue;
    const size = sizeOf(node);
    const other = node.position[axis];
    const length = axis === "x" ? size.width : size.height;
    for (const part of [0, 0.5, 1]) {
      const line = other + length * part;
      const away = Math.abs(start + extent * part - line);
      if (away < distance) {
        distance = away;
        best = { start: line - extent * part, line };
      }
    }
  }
  return best;
}
