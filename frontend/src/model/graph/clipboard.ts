// What a copy puts on the clipboard: JSON that a person can read, with the nodes and the edges between them.
import { type Graph, NOTE, readConfiguration, type StackEdge, type StackNode, writeConfiguration } from "./shape";

const MARK = "genai-stack/nodes";

export function copied(graph: Graph, ids: ReadonlySet<string>): string | null {
  const nodes = graph.nodes.filter((node) => ids.has(node.id));
  if (!nodes.length) return null;
  const edges = graph.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target));
  return JSON.stringify({ format: MARK, ...writeConfiguration({ nodes, edges }, {}) }, null, 2);
}

type Pasted = { nodes: ReadonlyArray<StackNode>; edges: ReadonlyArray<StackEdge> };

/** The nodes in a text; null when it holds none. A whole exported stack is taken as well. */
export function pasted(text: string): Pasted | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    const graph = (read["configuration"] ?? read) as Record<string, unknown>;
    if (!Array.isArray(graph["nodes"])) return null;
    const { nodes, edges } = readConfiguration(graph);
    const whole = nodes.every(
      (node) => typeof node.id === "string" && (typeof node.type === "string" || node.type === NOTE),
    );
    return whole && nodes.length ? { nodes, edges } : null;
  } catch {
    return null; // some other text that begins with a brace
  }
}
