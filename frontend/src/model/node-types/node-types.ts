// The catalog of node types as the canvas needs it: by name, with port types and the rule of which ports may meet.
import type { NodeTypeOut, NodeTypes, PortOut, PortTypeOut, ProviderOut } from "@/api";

export type Catalog = {
  types: ReadonlyMap<string, NodeTypeOut>;
  portTypes: ReadonlyMap<string, PortTypeOut & { place: number }>;
  /** What people call the providers, by id. */
  providers: ReadonlyMap<string, string>;
  categories: ReadonlyArray<{ name: string; place: number; types: ReadonlyArray<NodeTypeOut> }>;
};

export const NO_CATALOG: Catalog = { types: new Map(), portTypes: new Map(), providers: new Map(), categories: [] };

const ROLES = { entry: 0, step: 1, exit: 2 };

/** In the order in which a stack is built: what brings the question in comes first. */
export function catalogOf(told: NodeTypes, providers: ReadonlyArray<Pick<ProviderOut, "id" | "title">> = []): Catalog {
  const entry = (name: string) => told.items.some((type) => type.category === name && type.role === "entry");
  const names = [...new Set(told.items.map((type) => type.category))].sort((one, other) => +entry(other) - +entry(one));
  return {
    types: new Map(told.items.map((type) => [type.type, type])),
    portTypes: new Map(told.port_types.map((type, place) => [type.name, { ...type, place }])),
    providers: new Map(providers.map(({ id, title }) => [id, title])),
    categories: names.map((name, place) => ({
      name,
      place,
      types: told.items
        .filter((type) => type.category === name)
        .sort((one, other) => ROLES[one.role] - ROLES[other.role]),
    })),
  };
}

/** The server's rule (`Port.accepts`): the target takes one of the types that the source gives. */
export function accepts(target: Pick<PortOut, "types">, source: Pick<PortOut, "types">): boolean {
  return source.types.some((type) => target.types.includes(type));
}

export function titlesOf(port: Pick<PortOut, "types">, catalog: Catalog): string {
  return port.types.map((type) => (catalog.portTypes.get(type)?.title ?? type).toLowerCase()).join(" or ");
}

/** The first type's place in the server's list decides a port's colour and shape; -1 where it is not known. */
export function placeOf(port: Pick<PortOut, "types">, catalog: Catalog): number {
  return catalog.portTypes.get(port.types[0] ?? "")?.place ?? -1;
}

export function inputOf(
  catalog: Catalog,
  type: string | undefined,
  name: string | null | undefined,
): PortOut | undefined {
  return catalog.types.get(type ?? "")?.inputs.find((port) => port.name === name);
}

export function outputOf(
  catalog: Catalog,
  type: string | undefined,
  name: string | null | undefined,
): PortOut | undefined {
  return catalog.types.get(type ?? "")?.outputs.find((port) => port.name === name);
}

/** What people call a component elsewhere, by what it is made of: its role, its ports and its settings. */
const SYNONYMS: ReadonlyArray<[(type: NodeTypeOut) => boolean, string]> = [
  [(type) => type.role === "entry", "input start chat prompt user message question trigger"],
  [(type) => type.role === "exit", "output end answer response result reply"],
  [(type) => hasField(type, "model"), "llm gpt chatgpt ai chat prompt claude gemini ollama agent completion"],
  [(type) => hasField(type, "knowledge_base"), "rag pdf file document upload vector embedding retrieval search"],
];

function hasField({ config_schema }: NodeTypeOut, widget: string): boolean {
  const { properties = {} } = config_schema as { properties?: Record<string, { widget?: string }> };
  return Object.values(properties).some((field) => field.widget === widget);
}

export const keywordsOf = (type: NodeTypeOut): string =>
  SYNONYMS.flatMap(([applies, words]) => (applies(type) ? [words] : [])).join(" ");

/** Node types whose title, description, category or synonyms hold every word, best first. */
export function searched(types: Iterable<NodeTypeOut>, words: string): NodeTypeOut[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = [...types].map((type) => {
    const title = type.title.toLowerCase();
    const all = `${title} ${type.type} ${type.category} ${type.description} ${keywordsOf(type)}`.toLowerCase();
    const fits = wanted.every((word) => all.includes(word));
    const score = wanted.reduce((sum, word) => sum + (title.startsWith(word) ? 2 : title.includes(word) ? 1 : 0), 0);
    return { type, fits, score };
  });
  return scored
    .filter((one) => one.fits)
    .sort((one, other) => other.score - one.score)
    .map((one) => one.type);
}

/** What a node type is carried under while it is dragged from the library. */
export const DRAGGED = "application/x-genai-stack-node-type";
