// A stack's graph: React Flow's own shape, as it is saved, and how a saved one is read and written.
import type { Edge, Node, Viewport } from "@xyflow/react";

export type Config = Record<string, unknown>;
export type NodeData = { label?: string | null; config?: Config; [kept: string]: unknown };
export type StackNode = Node<NodeData>;
export type StackEdge = Edge;

/** What is edited, and what undo goes back to. */
export type Graph = {
  name: string;
  description: string;
  nodes: ReadonlyArray<StackNode>;
  edges: ReadonlyArray<StackEdge>;
};

/** Sticky notes stand on the canvas beside the nodes; they are saved apart from them, in `notes`. */
export const NOTE = "@note";
export type NoteData = NodeData & { text: string };

type Saved = Record<string, unknown>;

/** What React Flow keeps on nodes and edges for itself. */
const PASSING = ["measured", "selected", "dragging", "resizing", "internals"] as const;
const PASSING_ON_EDGES = ["selected", "animated"] as const;

function without(thing: object, keys: ReadonlyArray<string>): Saved {
  return Object.fromEntries(Object.entries(thing).filter(([key]) => !keys.includes(key)));
}

/** The parts of a saved configuration. What the canvas does not know stays in `rest`. */
export function readConfiguration(configuration: Saved): { nodes: StackNode[]; edges: StackEdge[]; rest: Saved } {
  const { nodes = [], edges = [], notes = [], ...rest } = configuration;
  const stackNodes = (nodes as StackNode[]).map((node) => ({
    ...node,
    position: node.position ?? { x: 0, y: 0 },
    data: { ...node.data, config: node.data?.config ?? {} },
  }));
  const stickyNotes = (notes as Array<Partial<StackNode> & { id: string; text?: string }>).map(
    ({ text = "", ...note }): StackNode => ({
      ...note,
      type: NOTE,
      position: note.position ?? { x: 0, y: 0 },
      data: { text },
    }),
  );
  return { nodes: [...stackNodes, ...stickyNotes], edges: edges as StackEdge[], rest };
}

/** The configuration to save: what was read, with the graph of now. */
export function writeConfiguration(graph: Pick<Graph, "nodes" | "edges">, rest: Saved, viewport?: Viewport): Saved {
  const notes = graph.nodes.filter((node) => node.type === NOTE).map(writtenNote);
  return {
    ...rest,
    nodes: graph.nodes.filter((node) => node.type !== NOTE).map((node) => without(node, PASSING)),
    edges: graph.edges.map((edge) => without(edge, PASSING_ON_EDGES)),
    ...(notes.length || rest["notes"] ? { notes } : {}),
    ...(viewport ? { viewport } : {}),
  };
}

function writtenNote(note: StackNode): Saved {
  const { data, type: _, ...kept } = without(note, PASSING) as Saved & { data: NoteData };
  return { ...kept, text: data.text };
}

export const isNote = (node: Pick<StackNode, "type"> | undefined): boolean => node?.type === NOTE;

export function configOf(node: StackNode): Config {
  return node.data.config ?? {};
}

/** Whether two graphs would be saved alike. */
export function savedAlike(one: Graph, other: Graph): boolean {
  if (one.name !== other.name || one.description !== other.description) return false;
  if (one.nodes === other.nodes && one.edges === other.edges) return true;
  const written = (graph: Graph) => JSON.stringify(writeConfiguration(graph, {}));
  return written(one) === written(other);
}

/** How large a node is on the canvas, before it was measured. */
export const CARD = { width: 248, height: 120 };

export function sizeOf(node: StackNode): { width: number; height: number } {
  return {
    width: node.measured?.width ?? node.width ?? CARD.width,
    height: node.measured?.height ?? node.height ?? CARD.height,
  };
}
