// Which part of a stack is in view: what fits at a readable size, and where this browser left each stack.
import type { Viewport } from "@xyflow/react";
import { type StackNode, sizeOf } from "./shape";

type Size = { width: number; height: number };
type Box = Size & { x: number; y: number };

/** The smallest zoom that the canvas takes by itself: below it the names of nodes cannot be read. */
export const READABLE_ZOOM = 0.7;
const PADDING = { x: 32, top: 56, bottom: 72 };

export function boundsOf(nodes: ReadonlyArray<StackNode>): Box | null {
  if (!nodes.length) return null;
  const left = Math.min(...nodes.map((node) => node.position.x));
  const top = Math.min(...nodes.map((node) => node.position.y));
  const right = Math.max(...nodes.map((node) => node.position.x + sizeOf(node).width));
  const bottom = Math.max(...nodes.map((node) => node.position.y + sizeOf(node).height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Everything where it fits at a readable zoom; otherwise the upper left part of it. */
export function readableView(box: Box, { width, height }: Size): Viewport {
  const wide = width - 2 * PADDING.x;
  const high = height - PADDING.top - PADDING.bottom;
  const zoom = Math.min(1, Math.max(READABLE_ZOOM, Math.min(wide / box.width, high / box.height)));
  const spareX = Math.max(0, wide - box.width * zoom);
  const spareY = Math.max(0, high - box.height * zoom);
  return {
    x: PADDING.x + spareX / 2 - box.x * zoom,
    y: PADDING.top + spareY / 2 - box.y * zoom,
    zoom,
  };
}

/** How far the view has to move so that a box (in the canvas's units) is seen; null where it is seen already. */
export function moveIntoView(box: Box, view: Viewport, { width, height }: Size): Viewport | null {
  const left = box.x * view.zoom + view.x;
  const top = box.y * view.zoom + view.y;
  const x = shift(left, left + box.width * view.zoom, PADDING.x, width - PADDING.x);
  const y = shift(top, top + box.height * view.zoom, PADDING.top, height - PADDING.bottom);
  return x || y ? { ...view, x: view.x + x, y: view.y + y } : null;
}

/** Into the span from `from` to `to`; what is larger than it begins at its start. */
function shift(low: number, high: number, from: number, to: number): number {
  if (low < from || high - low > to - from) return from - low;
  return high > to ? to - high : 0;
}

const KEY = "genai-stack.views";
const MOST_VIEWS = 100;
type Kept = ReadonlyArray<[string, Viewport]>;

function kept(): Kept {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

export function keptView(id: string): Viewport | null {
  const view = kept().find(([of]) => of === id)?.[1];
  return view && [view.x, view.y, view.zoom].every(Number.isFinite) ? view : null;
}

/** Views of the stacks that were used last; a browser without room forgets them. */
export function keepView(id: string, { x, y, zoom }: Viewport): void {
  const list: Kept = [[id, { x, y, zoom }], ...kept().filter(([of]) => of !== id)];
  try {
    localStorage.setItem(KEY, JSON.stringify(list.slice(0, MOST_VIEWS)));
  } catch {
    localStorage.removeItem(KEY);
  }
}
