// What one graph has and another has not, in sentences: each setting by its name, with both values.

import { fieldsOf } from "../node-types/form";
import { type Catalog, NO_CATALOG } from "../node-types/node-types";
import { configOf, type Graph, isNote, type StackNode } from "./shape";

const MOST_CHARACTERS = 60; // of a value that is shown

/** From the graph before to the graph after. */
export function differences(from: Graph, to: Graph, catalog: Catalog = NO_CATALOG): string[] {
  const before = new Map(from.nodes.map((node) => [node.id, node]));
  const after = new Map(to.nodes.map((node) => [node.id, node]));
  return [
    ...changed("Name", from.name, to.name),
    ...changed("Description", from.description, to.description),
    ...to.nodes.filter((node) => !before.has(node.id)).map((node) => `${nameOf(node, catalog)} was added`),
    ...from.nodes.filter((node) => !after.has(node.id)).map((node) => `${nameOf(node, catalog)} was deleted`),
    ...to.nodes.flatMap((node) => {
      const other = before.get(node.id);
      return other ? ofNode(other, node, catalog) : [];
    }),
    ...ofEdges(from, to),
  ];
}

function nameOf(node: StackNode, catalog: Catalog): string {
  if (isNote(node)) return "A note";
  return `“${node.data.label || catalog.types.get(node.type ?? "")?.title || node.id}”`;
}

function ofNode(before: StackNode, after: StackNode, catalog: Catalog): string[] {
  const name = nameOf(before, catalog);
  const [old, now] = [configOf(before), configOf(after)];
  const fields = new Map(fieldsOf(catalog.types.get(after.type ?? "")).map((field) => [field.name, field]));
  const moved = before.position.x !== after.position.x || before.position.y !== after.position.y;
  return [
    ...changed(`${name} name`, before.data.label, after.data.label),
    ...changed(`${name} text`, before.data["text"], after.data["text"]),
    ...[...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key) =>
      changed(
        `${name} ${fields.get(key)?.title ?? key}`,
        old[key] ?? fields.get(key)?.default,
        now[key] ?? fields.get(key)?.default,
      ),
    ),
    ...(moved ? [`${name} was moved`] : []),
  ];
}

function changed(what: string, before: unknown, after: unknown): string[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${what}: ${shown(before)} → ${shown(after)}`];
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "empty";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function ofEdges(from: Graph, to: Graph): string[] {
  const ends = (graph: Graph) =>
    new Set(graph.edges.map((edge) => `${edge.source}.${edge.sourceHandle}→${edge.target}.${edge.targetHandle}`));
  const [old, now] = [ends(from), ends(to)];
  const count = (found: number, what: string) =>
    found ? [`${found} connection${found === 1 ? "" : "s"} ${what}`] : [];
  return [
    ...count([...now].filter((one) => !old.has(one)).length, "added"),
    ...count([...old].filter((one) => !now.has(one)).length, "removed"),
  ];
}
