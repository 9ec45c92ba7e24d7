// Every change that a person can make to a graph: from the graph before to the graph after.
import type { NodeTypeOut } from "@/api";
import type { Catalog } from "../node-types/node-types";
import { accepts, inputOf, outputOf } from "../node-types/node-types";
import { type Ends, judge, labelOf, nodeOf } from "./rules";
import { CARD, type Graph, isNote, NOTE, type StackEdge, type StackNode, sizeOf } from "./shape";

type Point = { x: number; y: number };
export const GRID = 8;
export const onGrid = ({ x, y }: Point): Point => ({ x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID });

function freeId(kind: string, taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(`${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

function freeLabel(title: string, graph: Graph, catalog: Catalog): string {
  const taken = new Set(graph.nodes.map((node) => labelOf(node, catalog)));
  let label = title;
  for (let number = 2; taken.has(label); number += 1) label = `${title} ${number}`;
  return label;
}

const idsOf = (things: ReadonlyArray<{ id: string }>) => new Set(things.map((thing) => thing.id));
const unselected = <T extends { selected?: boolean }>(things: ReadonlyArray<T>): T[] =>
  things.map((thing) => (thing.selected ? { ...thing, selected: false } : thing));

export function select(graph: Graph, ids: ReadonlySet<string>): Graph {
  const chosen = <T extends { id: string; selected?: boolean }>(thing: T): T =>
    ids.has(thing.id) === Boolean(thing.selected) ? thing : { ...thing, selected: ids.has(thing.id) };
  return { ...graph, nodes: graph.nodes.map(chosen), edges: graph.edges.map(chosen) };
}

/** Adds a node with its middle at a place, and selects it. */
export function addNode(
  graph: Graph,
  type: NodeTypeOut,
  middle: Point,
  catalog: Catalog,
  config: Record<string, unknown> = {},
): { graph: Graph; id: string } {
  const id = freeId(type.type, idsOf(graph.nodes));
  const node: StackNode = {
    id,
    type: type.type,
    position: onGrid({ x: middle.x - CARD.width / 2, y: middle.y - CARD.height / 2 }),
    data: { label: freeLabel(type.title, graph, catalog), config },
    selected: true,
  };
  return { graph: { ...graph, nodes: [...unselected(graph.nodes), node], edges: unselected(graph.edges) }, id };
}

export function addNote(graph: Graph, middle: Point): { graph: Graph; id: string } {
  const id = freeId("note", idsOf(graph.nodes));
  const position = onGrid({ x: middle.x - 120, y: middle.y - 80 });
  const note: StackNode = { id, type: NOTE, position, width: 240, height: 160, data: { text: "" }, selected: true };
  return { graph: { ...graph, nodes: [...unselected(graph.nodes), note] }, id };
}

/** Joins two ends. An input that takes one edge gives up the old one. A wrong edge changes nothing. */
export function connect(graph: Graph, catalog: Catalog, ends: Ends): Graph {
  const verdict = judge(graph, catalog, ends);
  if (!verdict.ok) return graph;
  const kept = graph.edges.filter((edge) => edge.id !== verdict.replaces);
  return { ...graph, edges: [...kept, { id: freeId("edge", idsOf(graph.edges)), ...ends }] };
}

/** Moves an end of an edge elsewhere. */
export function reconnect(graph: Graph, catalog: Catalog, edgeId: string, ends: Ends): Graph {
  const verdict = judge(graph, catalog, ends, edgeId);
  if (!verdict.ok) return graph;
  const edges = graph.edges.filter((edge) => edge.id !== verdict.replaces || edge.id === edgeId);
  return { ...graph, edges: edges.map((edge) => (edge.id === edgeId ? { ...edge, ...ends } : edge)) };
}

/** Removes nodes with their edges, and edges. */
export function remove(graph: Graph, ids: ReadonlySet<string>): Graph {
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !ids.has(node.id)),
    edges: graph.edges.filter((edge) => !(ids.has(edge.id) || ids.has(edge.source) || ids.has(edge.target))),
  };
}

/** What would join again what a removed node stood between: ends that fit, in the graph after the removal. */
export function bridges(before: Graph, after: Graph, ids: ReadonlySet<string>, catalog: Catalog): Ends[] {
  const found: Ends[] = [];
  let graph = after;
  for (const into of before.edges) {
    if (!ids.has(into.target) || ids.has(into.source)) continue;
    for (const out of before.edges) {
      if (out.source !== into.target || ids.has(out.target)) continue;
      const ends = ends_(into, out);
      const verdict = judge(graph, catalog, ends);
      if (!verdict.ok || verdict.replaces) continue;
      graph = connect(graph, catalog, ends);
      found.push(ends);
    }
  }
  return found;
}

const ends_ = (from: StackEdge, to: StackEdge): Ends => ({
  source: from.source,
  sourceHandle: from.sourceHandle ?? null,
  target: to.target,
  targetHandle: to.targetHandle ?? null,
});

/** The ports by which a node type fits between the ends of an edge. */
export function fitsBetween(graph: Graph, catalog: Catalog, edge: StackEdge, type: NodeTypeOut | undefined) {
  const output = outputOf(catalog, nodeOf(graph, edge.source)?.type, edge.sourceHandle);
  const input = inputOf(catalog, nodeOf(graph, edge.target)?.type, edge.targetHandle);
  if (!(output && input && type)) return null;
  const into = type.inputs.find((port) => accepts(port, output));
  const out = type.outputs.find((port) => accepts(input, port));
  return into && out ? { into: into.name, out: out.name } : null;
}

/** Puts a node that is on the canvas between the ends of an edge. */
export function insertBetween(graph: Graph, catalog: Catalog, edgeId: string, nodeId: string): Graph {
  const edge = graph.edges.find((one) => one.id === edgeId);
  const type = catalog.types.get(nodeOf(graph, nodeId)?.type ?? "");
  const fit = edge && fitsBetween(graph, catalog, edge, type);
  if (!(edge && fit) || edge.source === nodeId || edge.target === nodeId) return graph;
  const opened = remove(graph, new Set([edgeId]));
  const before: Ends = {
    source: edge.source,
    sourceHandle: edge.sourceHandle ?? null,
    target: nodeId,
    targetHandle: fit.into,
  };
  const after: Ends = {
    source: nodeId,
    sourceHandle: fit.out,
    target: edge.target,
    targetHandle: edge.targetHandle ?? null,
  };
  const half = connect(opened, catalog, before);
  const whole = connect(half, catalog, after);
  return half === opened || whole === half ? graph : whole;
}

function withNode(graph: Graph, id: string, change: (node: StackNode) => StackNode): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

export function configure(graph: Graph, id: string, field: string, value: unknown): Graph {
  return withNode(graph, id, (node) => {
    const { [field]: _, ...others } = node.data.config ?? {};
    const config = value === undefined ? others : { ...node.data.config, [field]: value };
    return { ...node, data: { ...node.data, config } };
  });
}

export function rename(graph: Graph, id: string, label: string): Graph {
  return withNode(graph, id, (node) => ({ ...node, data: { ...node.data, label } }));
}

export function write(graph: Graph, id: string, text: string): Graph {
  return withNode(graph, id, (node) => ({ ...node, data: { ...node.data, text } }));
}

export function moveBy(graph: Graph, ids: ReadonlySet<string>, by: Point): Graph {
  const moved = (node: StackNode) => ({ ...node, position: { x: node.position.x + by.x, y: node.position.y + by.y } });
  return { ...graph, nodes: graph.nodes.map((node) => (ids.has(node.id) ? moved(node) : node)) };
}

export function place(graph: Graph, places: ReadonlyMap<string, Point>): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => {
      const position = places.get(node.id);
      return position ? { ...node, position } : node;
    }),
  };
}

export type Alignment = "left" | "center" | "right" | "top" | "middle" | "bottom";

export function align(graph: Graph, ids: ReadonlySet<string>, how: Alignment): Graph {
  const chosen = graph.nodes.filter((node) => ids.has(node.id));
  const axis = how === "left" || how === "center" || how === "right" ? "x" : "y";
  const extent = axis === "x" ? "width" : "height";
  const part = how === "left" || how === "top" ? 0 : how === "center" || how === "middle" ? 0.5 : 1;
  const first = Math.min(...chosen.map((node) => node.position[axis]));
  const last = Math.max(...chosen.map((node) => node.position[axis] + sizeOf(node)[extent]));
  const line = first + (last - first) * part;
  const places = chosen.map((node): [string, Point] => [
    node.id,
    { ...node.position, [axis]: Math.round(line - sizeOf(node)[extent] * part) },
  ]);
  return place(graph, new Map(places));
}

/** Equal gaps between the nodes; the outermost two stay. */
export function distribute(graph: Graph, ids: ReadonlySet<string>, axis: "x" | "y"): Graph {
  const extent = axis === "x" ? "width" : "height";
  const chosen = graph.nodes
    .filter((node) => ids.has(node.id))
    .sort((one, other) => one.position[axis] - other.position[axis]);
  const [first, last] = [chosen.at(0), chosen.at(-1)];
  if (!first || !last || chosen.length < 3) return graph;
  const room = last.position[axis] + sizeOf(last)[extent] - first.position[axis];
  const gap = (room - chosen.reduce((sum, node) => sum + sizeOf(node)[extent], 0)) / (chosen.length - 1);
  let at = first.position[axis];
  const places = new Map<string, Point>();
  for (const node of chosen) {
    places.set(node.id, { ...node.position, [axis]: Math.round(at) });
    at += sizeOf(node)[extent] + gap;
  }
  return place(graph, places);
}

/** Adds copies with new ids, and selects them; edges between them come along. */
export function paste(
  graph: Graph,
  given: { nodes: ReadonlyArray<StackNode>; edges: ReadonlyArray<StackEdge> },
  by: Point,
): Graph {
  const nodeIds = idsOf(graph.nodes);
  const edgeIds = idsOf(graph.edges);
  const renamed = new Map<string, string>();
  const nodes = given.nodes.map((node) => {
    const id = freeId(isNote(node) ? "note" : (node.type ?? "node"), nodeIds);
    nodeIds.add(id);
    renamed.set(node.id, id);
    const position = { x: node.position.x + by.x, y: node.position.y + by.y };
    return { ...node, id, position, data: structuredClone(node.data), selected: true };
  });
  const edges = given.edges.flatMap((edge) => {
    const [source, target] = [renamed.get(edge.source), renamed.get(edge.target)];
    if (!source || !target) return [];
    const id = freeId("edge", edgeIds);
    edgeIds.add(id);
    return [{ ...edge, id, source, target, selected: false }];
  });
  return {
    ...graph,
    nodes: [...unselected(graph.nodes), ...nodes],
    edges: [...unselected(graph.edges), ...edges],
  };
}
