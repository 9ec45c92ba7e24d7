// What one graph has and another has not, in sentences.
import { type Graph, type StackNode, writeConfiguration } from "./shape";

export function differences(from: Graph, to: Graph): string[] {
  const before = new Map(from.nodes.map((node) => [node.id, node]));
  const after = new Map(to.nodes.map((node) => [node.id, node]));
  const name = (node: StackNode) => `“${node.data.label ?? (String(node.data["text"] ?? "") || node.id)}”`;
  const written = (node: StackNode) => JSON.stringify(writeConfiguration({ nodes: [node], edges: [] }, {}));
  const ends = (graph: Graph) =>
    new Set(graph.edges.map((edge) => `${edge.source}.${edge.sourceHandle}→${edge.target}.${edge.targetHandle}`));
  const count = (found: number, what: string) => (found ? [`${found} edge${found === 1 ? "" : "s"} ${what}`] : []);
  const [old, now] = [ends(from), ends(to)];
  return [
    ...(from.name === to.name ? [] : [`is named “${to.name}”`]),
    ...to.nodes.filter((node) => !before.has(node.id)).map((node) => `has ${name(node)}, which is new`),
    ...from.nodes.filter((node) => !after.has(node.id)).map((node) => `does not have ${name(node)}`),
    ...to.nodes.flatMap((node) => {
      const other = before.get(node.id);
      if (!other || written(node) === written(other)) return [];
      const same = JSON.stringify(node.data) === JSON.stringify(other.data);
      return [same ? `has ${name(node)} at another place` : `has ${name(node)} set otherwise`];
    }),
    ...count([...now].filter((one) => !old.has(one)).length, "more"),
    ...count([...old].filter((one) => !now.has(one)).length, "less"),
  ];
}
