// Everything that can be done on the canvas, by name: keys, menus and buttons all end here.
import type { NodeTypeOut } from "@/api";
import { copied, pasted } from "@/model/graph/clipboard";
import { middleOfSide, type PortAt } from "@/model/graph/edge-clearance";
import * as edits from "@/model/graph/edits";
import { layout } from "@/model/graph/layout";
import { connectToLast, lastNode, nextPlace } from "@/model/graph/placement";
import { type End, endsOf, firstFit, labelOf, nodeOf, portOf, topological } from "@/model/graph/rules";
import { isNote, type StackNode, sizeOf } from "@/model/graph/shape";
import { canEdit, edit, selectedIds, touch, useStack } from "@/model/graph/store";
import { boundsOf, readableView } from "@/model/graph/view";
import { catalogNow } from "@/model/node-types/catalog";
import { startingConfig } from "@/model/node-types/last-model";
import { toast } from "@/ui/toast";
import { flow, middle, setCanvasState } from "./canvas-state";

type Point = { x: number; y: number };
const STEP = 32; // how far a copy stands from what was copied

export const graphNow = () => useStack.getState().graph;
const chosenNodes = (): StackNode[] => graphNow().nodes.filter((node) => node.selected);

/** Adds a node of a type: at a place, or beside the last node and connected to it where only one port fits. */
export function add(type: NodeTypeOut, at: Point | null = null): string | null {
  if (!canEdit()) return null;
  let made: string | null = null;
  setCanvasState({ ownView: true });
  edit((graph) => {
    const last = at ? undefined : lastNode(graph);
    const added = edits.addNode(graph, type, at ?? nextPlace(graph, middle()), catalogNow(), startingConfig(type));
    made = added.id;
    return last ? connectToLast(added.graph, catalogNow(), last.id, added.id) : added.graph;
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
    const added = edits.addNode(graph, type, near, catalog, startingConfig(type));
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
  return { x, y: node.position.y + height / 2 };
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
    const added = edits.addNode(graph, type, at ?? halfway, catalog, startingConfig(type));
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
  toast(`${names} deleted. Reconnect the nodes it was between?`, {
    action: {
      label: "Reconnect",
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

export function calm(ms: number): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms;
}

const owned = <T>(move: T | undefined): void => {
  setCanvasState({ ownView: true });
  void move;
};

/** Everything, however small: the person has asked for it. */
export const fitAll = () => owned(flow.now?.fitView({ duration: calm(250), padding: "32px", maxZoom: 1 }));
export const fitSelection = () => {
  const ids = chosenNodes().map((node) => node.id);
  if (ids.length) reveal(ids);
  else fitAll();
};
export const zoomIn = () => owned(flow.now?.zoomIn({ duration: calm(150) }));
export const zoomOut = () => owned(flow.now?.zoomOut({ duration: calm(150) }));

export function addNote(at: Point | null = null): void {
  edit((graph) => {
    const added = edits.addNote(graph, at ?? middle());
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
  const places = await layout(graphNow(), ids, portAt);
  setCanvasState({ settling: true });
  edit((graph) => edits.place(graph, places));
  if (!ids) frameAll();
}

/** Where React Flow has measured a port. */
const portAt: PortAt = (box, side, handle) => {
  const ports = flow.now?.getInternalNode(box.id)?.internals.handleBounds?.[side];
  const port = ports?.find((one) => one.id === handle);
  return port ? { x: port.x + port.width / 2, y: port.y + port.height / 2 } : middleOfSide(box, side, handle);
};

/** Everything at a readable size. */
function frameAll(): void {
  const box = boundsOf(graphNow().nodes);
  const size = flow.element?.getBoundingClientRect();
  if (box && size) void flow.now?.setViewport(readableView(box, size), { duration: calm(250) });
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

/** Gives the focus to the first node in the order in which the stack runs, or to the canvas where there is none. */
export function focusFirstNode(): void {
  const [first] = topological(graphNow()).filter((node) => !isNote(node));
  const shown = [...(flow.element?.getElementsByClassName("react-flow__node") ?? [])];
  const card = shown.find((one) => one instanceof HTMLElement && one.dataset["id"] === first?.id);
  if (card instanceof HTMLElement) card.focus();
  else flow.element?.focus();
}
