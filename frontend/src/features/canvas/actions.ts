// Everything that can be done on the canvas, by name: keys, menus and buttons all end here.
import type { NodeTypeOut } from "@/api";
import { copied, pasted } from "@/model/graph/clipboard";
import * as edits from "@/model/graph/edits";
import { layout } from "@/model/graph/layout";
import { type End, endsOf, firstFit, labelOf, nodeOf, portOf } from "@/model/graph/rules";
import { CARD, isNote, type StackNode, sizeOf } from "@/model/graph/shape";
import { canEdit, edit, selectedIds, touch, useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { toast } from "@/ui/toast";
import { flow, middle, setCanvasState } from "./canvas-state";

type Point = { x: number; y: number };
const STEP = 32; // how far a copy stands from what was copied

export const graphNow = () => useStack.getState().graph;
const chosenNodes = (): StackNode[] => graphNow().nodes.filter((node) => node.selected);

const AIR = 24; // what is left between nodes

/** The nearest place to a point where a new node covers no other. */
function free(at: Point): Point {
  const taken = ({ x, y }: Point) =>
    graphNow().nodes.some((node) => {
      const { width, height } = sizeOf(node);
      const [left, top] = [node.position.x - CARD.width / 2 - AIR, node.position.y - CARD.height / 2 - AIR];
      return x > left && y > top && x < left + width + CARD.width + 2 * AIR && y < top + height + CARD.height + 2 * AIR;
    });
  const step = CARD.height + AIR;
  for (let ring = 0; ring < 12; ring += 1) {
    const around: Point[] = [];
    for (let across = -ring; across <= ring; across += 1) {
      for (let down = -ring; down <= ring; down += 1) {
        if (Math.max(Math.abs(across), Math.abs(down)) === ring)
          around.push({ x: at.x + across * step, y: at.y + down * step });
      }
    }
    const away = (point: Point) => Math.hypot(point.x - at.x, point.y - at.y);
    const found = around.sort((one, other) => away(one) - away(other)).find((point) => !taken(point));
    if (found) return found;
  }
  return at;
}

/** Adds a node of a type, at a place or where there is room in the middle of what is seen. */
export function add(type: NodeTypeOut, at: Point | null = null): string | null {
  if (!canEdit()) return null;
  let made: string | null = null;
  edit((graph) => {
    const added = edits.addNode(graph, type, at ?? free(middle()), catalogNow());
    made = added.id;
    return added.graph;
  });
  return made;
}

/** Adds a node and wires it to a free end, as one step. */
export function addWired(type: NodeTypeOut, from: End, at: Point | null): void {
  const catalog = catalogNow();
  edit((graph) => {
    const port = portOf(graph, catalog, from);
    const ports = from.side === "output" ? type.inputs : type.outputs;
    const fit = port && firstFit(ports, port, from.side);
    if (!fit) return graph;
    const near = at ?? beside(from);
    const added = edits.addNode(graph, type, near, catalog);
    const other: End = { node: added.id, port: fit.name, side: from.side === "output" ? "input" : "output" };
    const ends = endsOf(from, other);
    return ends ? edits.connect(added.graph, catalog, ends) : added.graph;
  });
}

function beside(end: End): Point {
  const node = nodeOf(graphNow(), end.node);
  if (!node) return middle();
  const { width, height } = sizeOf(node);
  const x = end.side === "output" ? node.position.x + width + 96 + width / 2 : node.position.x - 96 - width / 2;
  return free({ x, y: node.position.y + height / 2 });
}

/** Adds a node between the ends of an edge, as one step. */
export function addBetween(type: NodeTypeOut, edgeId: string, at?: Point): void {
  const catalog = catalogNow();
  edit((graph) => {
    const edge = graph.edges.find((one) => one.id === edgeId);
    const [source, target] = [edge && nodeOf(graph, edge.source), edge && nodeOf(graph, edge.target)];
    if (!(edge && source && target) || !edits.fitsBetween(graph, catalog, edge, type)) return graph;
    const halfway = {
      x: (source.position.x + sizeOf(source).width + target.position.x) / 2,
      y: (source.position.y + target.position.y) / 2 + sizeOf(source).height / 2,
    };
    const added = edits.addNode(graph, type, at ?? halfway, catalog);
    return edits.insertBetween(added.graph, catalog, edgeId, added.id);
  });
}

export function join(one: End, other: End): void {
  const ends = endsOf(one, other);
  if (ends) edit((graph) => edits.connect(graph, catalogNow(), ends));
}

/** Deletes what is selected. Where nodes stood between others, offers to join those. */
export function removeSelected(ids: ReadonlySet<string> = selectedIds()): void {
  if (!ids.size || !canEdit()) return;
  const before = graphNow();
  edit((graph) => edits.remove(graph, ids));
  const catalog = catalogNow();
  const after = graphNow();
  const nodes = before.nodes.filter((node) => ids.has(node.id));
  const gaps = edits.bridges(before, after, new Set(nodes.map((node) => node.id)), catalog);
  if (!gaps.length) return;
  const names = nodes.map((node) => `“${labelOf(node, catalog)}”`).join(", ");
  toast(`${names} is gone. Join what it stood between?`, {
    action: {
      label: "Join",
      run: () => edit((graph) => gaps.reduce((joined, ends) => edits.connect(joined, catalog, ends), graph)),
    },
  });
}

export function disconnect(end: End): void {
  edit((graph) => {
    const gone = graph.edges.filter((edge) =>
      end.side === "input"
        ? edge.target === end.node && edge.targetHandle === end.port
        : edge.source === end.node && edge.sourceHandle === end.port,
    );
    return gone.length ? edits.remove(graph, new Set(gone.map((edge) => edge.id))) : graph;
  });
}

export function copyText(): string | null {
  return copied(graphNow(), selectedIds());
}

/** Pastes what a text holds; says whether there was anything. */
export function pasteText(text: string, at: Point | null = null): boolean {
  const given = pasted(text);
  if (!given || !canEdit()) return false;
  const left = Math.min(...given.nodes.map((node) => node.position.x));
  const top = Math.min(...given.nodes.map((node) => node.position.y));
  const same = new Set(graphNow().nodes.map((node) => `${node.position.x},${node.position.y}`));
  let by = at ? { x: at.x - left, y: at.y - top } : { x: STEP, y: STEP };
  if (!at && !given.nodes.some((node) => seen(node))) by = { x: middle().x - left, y: middle().y - top };
  while (given.nodes.some((node) => same.has(`${node.position.x + by.x},${node.position.y + by.y}`))) {
    by = { x: by.x + STEP, y: by.y + STEP };
  }
  edit((graph) => edits.paste(graph, given, edits.onGrid(by)));
  return true;
}

function seen(node: StackNode): boolean {
  const box = flow.element?.getBoundingClientRect();
  if (!flow.now || !box) return true;
  const { x, y } = flow.now.flowToScreenPosition(node.position);
  return x > box.left - 100 && x < box.right && y > box.top - 100 && y < box.bottom;
}

export function duplicateSelected(): void {
  const text = copyText();
  if (text) pasteText(text);
}

export function selectAll(): void {
  touch((graph) => edits.select(graph, new Set([...graph.nodes, ...graph.edges].map((thing) => thing.id))));
}

/** Selects one node and brings it into view. */
export function goToNode(id: string): void {
  touch((graph) => edits.select(graph, new Set([id])));
  reveal([id]);
}

export function reveal(ids: ReadonlyArray<string>): void {
  void flow.now?.fitView({ nodes: ids.map((id) => ({ id })), duration: calm(300), maxZoom: 1, padding: 0.4 });
}

/** Moves the view just enough that a node is seen whole: a panel may have come over it. */
export function keepInSight(id: string): void {
  const box = flow.element?.getBoundingClientRect();
  const card = document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.getBoundingClientRect();
  if (!flow.now || !box || !card) return;
  const out = (low: number, high: number, from: number, to: number) =>
    high > to - AIR ? Math.max(to - AIR - high, from + AIR - low) : low < from + AIR ? from + AIR - low : 0;
  const [x, y] = [out(card.left, card.right, box.left, box.right), out(card.top, card.bottom, box.top, box.bottom)];
  const view = flow.now.getViewport();
  if (x || y) void flow.now.setViewport({ ...view, x: view.x + x, y: view.y + y }, { duration: calm(200) });
}

/** Shows everything, where something of it is out of sight: something else has come over the canvas. */
export function fitWhatIsHidden(): void {
  const box = flow.element?.getBoundingClientRect();
  if (!flow.now || !box) return;
  const cards = [...document.querySelectorAll(".react-flow__node")].map((card) => card.getBoundingClientRect());
  if (cards.some((card) => card.right > box.right || card.left < box.left)) fitAll();
}

export function calm(ms: number): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms;
}

export const fitAll = () => void flow.now?.fitView({ duration: calm(250), padding: "32px", maxZoom: 1 });
export const fitSelection = () => {
  const ids = chosenNodes().map((node) => node.id);
  if (ids.length) reveal(ids);
  else fitAll();
};
export const zoomIn = () => void flow.now?.zoomIn({ duration: calm(150) });
export const zoomOut = () => void flow.now?.zoomOut({ duration: calm(150) });

export function addNote(at: Point | null = null): void {
  edit((graph) => {
    const added = edits.addNote(graph, at ?? free(middle()));
    setCanvasState({ naming: added.id });
    return added.graph;
  });
}

export function renameSelected(): void {
  const [node, ...others] = chosenNodes();
  if (node && !others.length && canEdit()) setCanvasState({ naming: node.id });
}

export const alignSelected = (how: edits.Alignment) => edit((graph) => edits.align(graph, selectedIds(), how));
export const distributeSelected = (axis: "x" | "y") => edit((graph) => edits.distribute(graph, selectedIds(), axis));

/** Puts the selection, or everything, in order: animated, and one step. */
export async function tidy(): Promise<void> {
  if (!canEdit()) return;
  const chosen = chosenNodes().filter((node) => !isNote(node));
  const ids = chosen.length > 1 ? new Set(chosen.map((node) => node.id)) : undefined;
  const places = await layout(graphNow(), ids);
  flow.element?.classList.add("settling");
  edit((graph) => edits.place(graph, places));
  setTimeout(() => flow.element?.classList.remove("settling"), 400);
  if (!ids) setTimeout(fitAll, calm(320));
}

/** Goes along the edges from the selected node: left and right follow them, up and down go among siblings. */
export function walk(way: "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown"): void {
  const graph = graphNow();
  const [from] = chosenNodes();
  if (!from) {
    const first = graph.nodes.find((node) => !isNote(node));
    if (first) goToNode(first.id);
    return;
  }
  const next = (id: string) => graph.edges.filter((edge) => edge.source === id).map((edge) => edge.target);
  const before = (id: string) => graph.edges.filter((edge) => edge.target === id).map((edge) => edge.source);
  if (way === "ArrowRight" || way === "ArrowLeft") {
    const [found] = way === "ArrowRight" ? next(from.id) : before(from.id);
    if (found) goToNode(found);
    return;
  }
  const siblings = [...new Set(before(from.id).flatMap(next).concat(next(from.id).flatMap(before)))];
  const all = siblings.includes(from.id) ? siblings : [from.id, ...siblings];
  const step = way === "ArrowDown" ? 1 : -1;
  const found = all[(all.indexOf(from.id) + step + all.length) % all.length];
  if (found && found !== from.id) goToNode(found);
}
