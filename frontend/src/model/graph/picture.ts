// A small drawing of a graph: boxes and lines in the canvas's own units.
import { isNote, readConfiguration } from "./shape";

const WIDE = 232;
const HIGH = 104;
const ROOM = 48;

export type Picture = {
  viewBox: string;
  boxes: ReadonlyArray<{ id: string; type: string; x: number; y: number }>;
  lines: ReadonlyArray<{ id: string; path: string }>;
};
export const BOX = { width: WIDE, height: HIGH };

export function pictureOf(configuration: Record<string, unknown>): Picture | null {
  const { nodes, edges } = readConfiguration(configuration);
  const shown = nodes.filter((node) => !isNote(node)).slice(0, 200);
  if (!shown.length) return null;
  const places = new Map(shown.map((node) => [node.id, node.position]));
  const xs = shown.map((node) => node.position.x);
  const ys = shown.map((node) => node.position.y);
  const [left, top] = [Math.min(...xs) - ROOM, Math.min(...ys) - ROOM];
  const [width, height] = [Math.max(...xs) + WIDE + ROOM - left, Math.max(...ys) + HIGH + ROOM - top];
  const lines = edges.flatMap((edge) => {
    const [from, to] = [places.get(edge.source), places.get(edge.target)];
    return from && to ? [{ id: edge.id, path: line(from, to) }] : [];
  });
  return {
    viewBox: `${left} ${top} ${width} ${height}`,
    boxes: shown.map((node) => ({ id: node.id, type: node.type ?? "", ...node.position })),
    lines,
  };
}

type Point = { x: number; y: number };

function line(from: Point, to: Point): string {
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
  const bend = Math.max(40, Math.abs(x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
