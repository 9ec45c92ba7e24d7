// Edges in front of cards: after a layout, cards that an edge would pass behind move up or down, out of its way.
import type { StackEdge } from "./shape";

type Point = { x: number; y: number };
export type Box = { id: string; x: number; y: number; width: number; height: number };
/** Where an edge meets a card, from the card's corner. */
export type PortAt = (box: Box, side: "source" | "target", handle: string | null) => Point;
type Ends = Pick<StackEdge, "source" | "target" | "sourceHandle" | "targetHandle">;

const CLEARANCE = 12; // pixels between an edge and a card
const GAP = 40; // between two cards above each other
const SAMPLES = 24;
const ROUNDS = 60;
const BITS = 6;
const TRIES = 2 ** BITS;
const SMALL = 40; // nodes up to which several ways are tried

export const middleOfSide: PortAt = ({ width, height }, side) => ({ x: side === "source" ? width : 0, y: height / 2 });

/** Points of the edge as it is drawn: a Bézier curve that leaves and arrives level. */
function curve(from: Point, to: Point): Point[] {
  const away = to.x - from.x;
  const reach = away >= 0 ? away / 2 : 0.25 * 25 * Math.sqrt(-away);
  const at = (t: number, a: number, b: number, c: number, d: number) =>
    (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
  return Array.from({ length: SAMPLES + 1 }, (_, step) => {
    const t = step / SAMPLES;
    return { x: at(t, from.x, from.x + reach, to.x - reach, to.x), y: at(t, from.y, from.y, to.y, to.y) };
  });
}

/** The lowest and highest point of an edge over a card's width; null where it does not pass there. */
function passes(box: Box, points: ReadonlyArray<Point>): { low: number; high: number } | null {
  const over = points.filter((point) => point.x > box.x - CLEARANCE && point.x < box.x + box.width + CLEARANCE);
  if (!over.length) return null;
  const ys = over.map((point) => point.y);
  const span = { low: Math.min(...ys), high: Math.max(...ys) };
  const meets = span.high > box.y - CLEARANCE && span.low < box.y + box.height + CLEARANCE;
  return meets ? span : null;
}

export type Crossing = { box: Box; low: number; high: number };

/** Every card that an edge passes behind. */
export function crossings(boxes: ReadonlyArray<Box>, edges: ReadonlyArray<Ends>, portAt = middleOfSide): Crossing[] {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  return edges.flatMap((edge) => {
    const [source, target] = [byId.get(edge.source), byId.get(edge.target)];
    if (!(source && target)) return [];
    const start = portAt(source, "source", edge.sourceHandle ?? null);
    const end = portAt(target, "target", edge.targetHandle ?? null);
    const points = curve(
      { x: source.x + start.x, y: source.y + start.y },
      { x: target.x + end.x, y: target.y + end.y },
    );
    return boxes.flatMap((box) => {
      if (box === source || box === target || box.x > target.x + target.width || box.x + box.width < source.x)
        return [];
      const span = passes(box, points);
      return span ? [{ box, ...span }] : [];
    });
  });
}

/** Moves boxes up or down so that no edge passes behind one, as far as that can be found. Changes `y` of the boxes. */
export function clearEdges(boxes: Box[], edges: ReadonlyArray<Ends>, portAt = middleOfSide): void {
  const start = boxes.map((box) => box.y);
  const tries = boxes.length <= SMALL ? TRIES : 1;
  let best = { left: Number.POSITIVE_INFINITY, ys: start };
  for (let attempt = 0; attempt < tries && best.left > 0; attempt += 1) {
    for (const [place, box] of boxes.entries()) box.y = start[place] ?? box.y;
    settle(boxes, edges, portAt, attempt);
    const left = crossings(boxes, edges, portAt).length;
    if (left < best.left) best = { left, ys: boxes.map((box) => box.y) };
  }
  for (const [place, box] of boxes.entries()) box.y = best.ys[place] ?? box.y;
}

/** One attempt: each box that is in the way moves up or down. The bits of `attempt` turn the boxes' ways around. */
function settle(boxes: Box[], edges: ReadonlyArray<Ends>, portAt: PortAt, attempt: number): void {
  const ways = new Map<string, 1 | -1>(); // a box keeps its way, so that two edges do not send it to and fro
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first] = crossings(boxes, edges, portAt);
    if (!first) return;
    const { box, low, high } = first;
    const up = box.y + box.height + CLEARANCE - low;
    const down = high + CLEARANCE - box.y;
    const turned = (attempt >> (ways.size % BITS)) & 1;
    const way = ways.get(box.id) ?? (up <= down === (turned === 0) ? -1 : 1);
    ways.set(box.id, way);
    box.y += way === -1 ? -(up + 1) : down + 1;
    makeRoom(boxes, box, way);
  }
}

/** Pushes the boxes that a moved one now covers further the same way. */
function makeRoom(boxes: ReadonlyArray<Box>, moved: Box, way: 1 | -1): void {
  const covered = boxes.filter(
    (box) =>
      box !== moved &&
      box.x < moved.x + moved.width &&
      box.x + box.width > moved.x &&
      box.y < moved.y + moved.height + GAP &&
      box.y + box.height + GAP > moved.y,
  );
  for (const box of covered) {
    box.y = way === 1 ? moved.y + moved.height + GAP : moved.y - GAP - box.height;
    makeRoom(boxes, box, way);
  }
}
