// Which ends an edge may join: the server's rules, so that a wrong edge is refused while it is dragged.
import type { PortOut } from "@/api";
import { accepts, type Catalog, inputOf, outputOf, titlesOf } from "../node-types/node-types";
import type { Graph, StackEdge, StackNode } from "./shape";

export type Ends = { source: string; sourceHandle: string | null; target: string; targetHandle: string | null };
export type Side = "input" | "output";
export type End = { node: string; port: string; side: Side };

/** `replaces` is the edge that goes, where the port takes one only. */
export type Verdict = { ok: true; replaces: string | null } | { ok: false; reason: string };

type Parts = Pick<Graph, "nodes" | "edges">;

export const nodeOf = (graph: Pick<Graph, "nodes">, id: string): StackNode | undefined =>
  graph.nodes.find((node) => node.id === id);

const typesKnown = new WeakMap<ReadonlyArray<StackNode>, Map<string, string | undefined>>();

/** A node's type, for what asks it of every edge. */
export function typeOf(nodes: ReadonlyArray<StackNode>, id: string): string | undefined {
  let types = typesKnown.get(nodes);
  if (!types) {
    types = new Map(nodes.map((node) => [node.id, node.type]));
    typesKnown.set(nodes, types);
  }
  return types.get(id);
}

export function labelOf(node: StackNode, catalog: Catalog): string {
  return node.data.label || catalog.types.get(node.type ?? "")?.title || node.id;
}

/** Every node that can be reached from one, itself included: along the edges, or against them. */
export function reach(graph: Parts, from: string, way: "along" | "against"): Set<string> {
  const [start, end] = way === "along" ? (["source", "target"] as const) : (["target", "source"] as const);
  const next = new Map<string, string[]>();
  for (const edge of graph.edges) next.set(edge[start], [...(next.get(edge[start]) ?? []), edge[end]]);
  const reached = new Set([from]);
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const other of next.get(id) ?? []) {
      if (!reached.has(other)) waiting.push(other);
      reached.add(other);
    }
  }
  return reached;
}

/** Whether an edge may join these ends. `without` is an edge that is being moved, and does not count. */
export function judge(graph: Parts, catalog: Catalog, ends: Ends, without?: string): Verdict {
  const source = nodeOf(graph, ends.source);
  const target = nodeOf(graph, ends.target);
  const output = outputOf(catalog, source?.type, ends.sourceHandle);
  const input = inputOf(catalog, target?.type, ends.targetHandle);
  if (!(source && target && output && input)) return { ok: false, reason: "this port does not exist" };
  if (!accepts(input, output)) return { ok: false, reason: mismatch(input, output, catalog) };
  const edges = graph.edges.filter((edge) => edge.id !== without);
  if (reach({ nodes: graph.nodes, edges }, ends.target, "along").has(ends.source)) {
    return { ok: false, reason: CIRCLE };
  }
  const arriving = edges.filter((edge) => edge.target === ends.target && edge.targetHandle === ends.targetHandle);
  if (arriving.some((edge) => edge.source === ends.source && edge.sourceHandle === ends.sourceHandle)) {
    return { ok: false, reason: "these two are already connected" };
  }
  return { ok: true, replaces: input.multiple ? null : (arriving[0]?.id ?? null) };
}

export const CIRCLE = "that would create a loop";

export function mismatch(input: PortOut, output: PortOut, catalog: Catalog): string {
  return `needs ${titlesOf(input, catalog)}, gets ${titlesOf(output, catalog)}`;
}

export function portOf(graph: Pick<Graph, "nodes">, catalog: Catalog, end: End): PortOut | undefined {
  const type = nodeOf(graph, end.node)?.type;
  return end.side === "input" ? inputOf(catalog, type, end.port) : outputOf(catalog, type, end.port);
}

export function endsOf(one: End, other: End): Ends | null {
  if (one.side === other.side) return null;
  const [source, target] = one.side === "output" ? [one, other] : [other, one];
  return { source: source.node, sourceHandle: source.port, target: target.node, targetHandle: target.port };
}

/** Every port on the canvas that an edge from this end may join. */
export function fitting(graph: Parts, catalog: Catalog, from: End): Array<End & { node: string; title: string }> {
  const side: Side = from.side === "output" ? "input" : "output";
  return graph.nodes.flatMap((node) => {
    const type = catalog.types.get(node.type ?? "");
    return (type?.[side === "input" ? "inputs" : "outputs"] ?? []).flatMap((port) => {
      const end: End = { node: node.id, port: port.name, side };
      const ends = endsOf(from, end);
      return ends && judge(graph, catalog, ends).ok ? [{ ...end, title: port.title }] : [];
    });
  });
}

/** The first port of a node type that an edge from this end may join. */
export function firstFit(ports: ReadonlyArray<PortOut>, of: PortOut, side: Side): PortOut | undefined {
  return ports.find((port) => (side === "output" ? accepts(port, of) : accepts(of, port)));
}

/** In the order of the edges; nodes in a circle come last. */
export function topological(graph: Parts): StackNode[] {
  const waiting = new Map(graph.nodes.map((node) => [node.id, 0]));
  const following = new Map<string, string[]>();
  for (const edge of graph.edges) {
    if (!waiting.has(edge.source) || !waiting.has(edge.target)) continue;
    waiting.set(edge.target, (waiting.get(edge.target) ?? 0) + 1);
    following.set(edge.source, [...(following.get(edge.source) ?? []), edge.target]);
  }
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const ready = graph.nodes.filter((node) => waiting.get(node.id) === 0);
  const ordered: StackNode[] = [];
  for (let node = ready.shift(); node; node = ready.shift()) {
    ordered.push(node);
    for (const id of following.get(node.id) ?? []) {
      const left = (waiting.get(id) ?? 0) - 1;
      waiting.set(id, left);
      const next = byId.get(id);
      if (left === 0 && next) ready.push(next);
    }
  }
  const done = new Set(ordered);
  return [...ordered, ...graph.nodes.filter((node) => !done.has(node))];
}

export function edgesOf(graph: Parts, end: End): StackEdge[] {
  return graph.edges.filter((edge) =>
    end.side === "input"
      ? edge.target === end.node && edge.targetHandle === end.port
      : edge.source === end.node && edge.sourceHandle === end.port,
  );
}
