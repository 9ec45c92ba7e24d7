// How nodes and edges are called by those who do not see them.
import type { NodeTypeOut } from "@/api";
import { labelOf } from "@/model/graph/rules";
import { isNote, type StackEdge, type StackNode } from "@/model/graph/shape";
import { type Catalog, inputOf, outputOf } from "@/model/node-types/node-types";

/** The element in a card that has its name: it changes with the run, and the canvas does not. */
export const nameId = (node: string): string => `name-${encodeURIComponent(node)}`;

const withNames = new WeakMap<StackNode, StackNode>();

/** The same object for the same node: React Flow leaves alone what is the same. */
export function withName(node: StackNode): StackNode {
  const known = withNames.get(node);
  if (known) return known;
  const named: StackNode = isNote(node)
    ? { ...node, ariaLabel: "Note" }
    : { ...node, domAttributes: { "aria-labelledby": nameId(node.id) } };
  withNames.set(node, named);
  return named;
}

const counted = (count: number, one: string): string => (count === 1 ? `1 ${one}` : `${count} ${one}s`);

/** “LLM Engine, done, 2 inputs, 1 output”. */
export function nameOf(label: string, status: string | null, type: NodeTypeOut | undefined): string {
  const ports = [counted(type?.inputs.length ?? 0, "input"), counted(type?.outputs.length ?? 0, "output")];
  return [label, ...(status ? [status] : []), ...ports].join(", ");
}

const ended = new WeakMap<StackEdge, StackEdge>();
let last: StackEdge[] = [];

/** “From User Query: Text to LLM Engine: Prompt”. The same list as before, where nothing of that has changed. */
export function withEnds(
  edges: ReadonlyArray<StackEdge>,
  nodes: ReadonlyArray<StackNode>,
  catalog: Catalog,
): StackEdge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const end = (id: string, port: string | undefined) => {
    const node = byId.get(id);
    return [node ? labelOf(node, catalog) : id, ...(port ? [port] : [])].join(": ");
  };
  const named = edges.map((edge) => {
    const output = outputOf(catalog, byId.get(edge.source)?.type, edge.sourceHandle ?? null);
    const input = inputOf(catalog, byId.get(edge.target)?.type, edge.targetHandle ?? null);
    const ariaLabel = `From ${end(edge.source, output?.title)} to ${end(edge.target, input?.title)}`;
    const known = ended.get(edge);
    if (known?.ariaLabel === ariaLabel) return known;
    const called = { ...edge, ariaLabel };
    ended.set(edge, called);
    return called;
  });
  if (named.length !== last.length || named.some((edge, place) => edge !== last[place])) last = named;
  return last;
}
