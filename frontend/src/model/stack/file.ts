// A stack as a file: JSON, or a ZIP archive with its documents beside it. It says what it holds and what it does not.
import { type DocumentOut, download, Problem } from "@/api";
import { counted } from "@/ui/quantities";
import { readConfiguration, writeConfiguration } from "../graph/shape";
import type { Catalog } from "../node-types/node-types";
import type { Draft } from "./stacks";
import { type Entry, unzip, zip } from "./zip";

type Named = Pick<DocumentOut, "id" | "filename" | "size">;

/** What is written into the file. `file` is the document's name in the archive; null where it is not in there. */
type Content = Draft & {
  documents: Array<{ filename: string; size: number; file: string | null }>;
  not_included: string[];
};

/** What was read from a file. `missing` names documents that it mentions and does not hold. */
export type Imported = { draft: Draft; documents: File[]; missing: string[]; notIncluded: string[] };

const GRAPH = "stack.json";
const MAX_UNPACKED_BYTES = 1024 ** 3;
const NAME_LENGTH = 200;
const LOCAL_SETTINGS: Readonly<Record<string, string>> = {
  credential: "The API key of",
  knowledge_base: "The shared knowledge base of",
};

/** The graph without what exists on this server only, and sentences about what was left out. */
export function portable(configuration: Draft["configuration"], catalog: Catalog) {
  const { nodes, edges, rest } = readConfiguration(configuration);
  const leftOut: string[] = [];
  const cleaned = nodes.map((node) => {
    const type = catalog.types.get(node.type ?? "");
    const fields = (type?.config_schema["properties"] ?? {}) as Record<string, Record<string, unknown>>;
    const kept = Object.entries(node.data.config ?? {}).filter(([name, value]) => {
      const what = LOCAL_SETTINGS[String(fields[name]?.["widget"])];
      if (what && value) leftOut.push(`${what} “${node.data.label || type?.title || node.id}”`);
      return !what;
    });
    return { ...node, data: { ...node.data, config: Object.fromEntries(kept) } };
  });
  return { configuration: writeConfiguration({ nodes: cleaned, edges }, rest), leftOut };
}

/** What an export would not hold, as a list for people. */
export function notIncluded(stack: Draft, documents: ReadonlyArray<Named>, catalog: Catalog): string[] {
  return [
    ...(documents.length ? [counted(documents.length, "document")] : []),
    ...portable(stack.configuration, catalog).leftOut,
    "Conversations, runs and earlier versions",
  ];
}

export type Exported = { blob: Blob; filename: string; missing: string[] };

/** `documents` are put into the file; those of `left` are named in it. An original that is gone is named, too. */
export async function exportStack(
  stack: Draft,
  documents: ReadonlyArray<Named>,
  left: ReadonlyArray<Named>,
  catalog: Catalog,
): Promise<Exported> {
  const names = new Set<string>();
  const entries: Entry[] = [];
  const listed: Content["documents"] = [];
  const missing: string[] = [];
  for (const { id, filename, size } of documents) {
    const content = await original(id);
    if (!content) missing.push(filename);
    const file = content ? `documents/${unused(filename, names)}` : null;
    if (content && file) entries.push({ name: file, content });
    listed.push({ filename, size, file });
  }
  listed.push(...left.map(({ filename, size }) => ({ filename, size, file: null })));
  const text = contentOf(stack, listed, catalog);
  const json = new Blob([text], { type: "application/json" });
  const stem = stack.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "stack";
  if (!entries.length) return { blob: json, filename: `${stem}.json`, missing };
  return { blob: await zip([{ name: GRAPH, content: json }, ...entries]), filename: `${stem}.zip`, missing };
}

function contentOf(stack: Draft, documents: Content["documents"], catalog: Catalog): string {
  const { name, description, tags = [] } = stack;
  const absent = documents.filter((one) => one.file === null).map((one) => ({ ...one, id: one.filename }));
  const { configuration } = portable(stack.configuration, catalog);
  const not_included = notIncluded(stack, absent, catalog);
  const content: Content = { name, description, tags, configuration, documents, not_included };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Null where it is not kept any more. */
async function original(id: string): Promise<Blob | null> {
  try {
    return await download("GET /documents/{document_id}/file", { path: { document_id: id } });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** “a.pdf”, and for a second one “a (2).pdf”. */
function unused(filename: string, names: Set<string>): string {
  const plain = filename.replaceAll("/", "_");
  const dot = plain.lastIndexOf(".") > 0 ? plain.lastIndexOf(".") : plain.length;
  let name = plain;
  for (let number = 2; names.has(name); number += 1) name = `${plain.slice(0, dot)} (${number})${plain.slice(dot)}`;
  names.add(name);
  return name;
}

/** Hands the file to the browser. */
export function saveFile({ blob, filename }: Pick<Exported, "blob" | "filename">): void {
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: address, download: filename }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The stack in a file: one that was exported, or a bare graph. Throws a sentence. */
export async function readStackFile(file: File): Promise<Imported> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isArchive = start[0] === 0x50 && start[1] === 0x4b; // “PK”
  const entries = isArchive ? await unzip(file, { maxBytes: MAX_UNPACKED_BYTES }) : [];
  const graph = isArchive ? entries.find((entry) => entry.name === GRAPH)?.content : file;
  if (!graph) throw new Error(`“${file.name}” has no ${GRAPH} in it. Choose a file that was exported from a stack.`);
  return { ...imported(await graph.text(), file.name, entries) };
}

export function imported(text: string, filename: string, entries: ReadonlyArray<Entry> = []): Imported {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Error(`“${filename}” is not JSON. Choose a file that was exported from a stack.`, { cause: error });
  }
  const told = (read ?? {}) as Partial<Content> & { nodes?: unknown };
  const configuration = Array.isArray(told.nodes) ? (read as Draft["configuration"]) : told.configuration;
  if (!configuration || !Array.isArray(configuration["nodes"])) {
    throw new Error(`“${filename}” contains no stack: it has no nodes. Choose a file that was exported from a stack.`);
  }
  const name = typeof told.name === "string" && told.name.trim() ? told.name : filename.replace(/\.(json|zip)$/i, "");
  const description = typeof told.description === "string" ? told.description.slice(0, 10_000) : "";
  const draft = { name: name.slice(0, NAME_LENGTH) || "Imported stack", description, configuration };
  const documents: File[] = [];
  const missing: string[] = [];
  for (const one of Array.isArray(told.documents) ? told.documents : []) {
    const found = entries.find((entry) => entry.name === one?.file);
    if (found) documents.push(new File([found.content], String(one.filename)));
    else if (one?.filename) missing.push(String(one.filename));
  }
  return { draft: { ...draft, tags: texts(told.tags) }, documents, missing, notIncluded: texts(told.not_included) };
}

const texts = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((one): one is string => typeof one === "string") : [];

/** What to tell after an import: what came, and what has to be added by hand. */
export function importedInWords({ draft, documents, missing }: Imported): string {
  const came = documents.length ? ` with ${counted(documents.length, "document")}` : "";
  const first = `Imported “${draft.name}”${came}.`;
  if (!missing.length) return first;
  const named = missing.slice(0, 3).join(", ") + (missing.length > 3 ? ` and ${missing.length - 3} more` : "");
  return `${first} The file doesn’t include ${named}: add ${missing.length === 1 ? "it" : "them"} in the Knowledge Base.`;
}
