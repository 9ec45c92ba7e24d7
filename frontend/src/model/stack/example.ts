// The example stack that a first visit opens, and whether its documents can be searched yet.
import { call, sentenceOf, type WorkflowItem } from "@/api";
import { readConfiguration } from "../graph/shape";
import { loadCatalog } from "../node-types/catalog";

const VISITED = "genai-stack.visited";
const DOCUMENT_CHECKS = 60; // times that the documents are looked at before a question is let through without them
const CHECK_INTERVAL_MS = 500;

let prepared: Promise<void> = Promise.resolve();

/** The example, where this browser has not been here and nothing else was made. */
export function exampleFor(stacks: ReadonlyArray<WorkflowItem>): WorkflowItem | null {
  const [only, ...others] = stacks;
  return only && !others.length && only.version === 1 && !hasVisited() ? only : null;
}

export const hasVisited = (): boolean => localStorage.getItem(VISITED) !== null;

export function markVisited(): void {
  localStorage.setItem(VISITED, new Date().toISOString());
}

/** Resolves when the example's documents can be searched; at once on any later visit. */
export const examplePrepared = (): Promise<void> => prepared;

/** The example's address with a question to ask. `onError` is told if its documents cannot be read. */
export async function exampleAddress(id: string, onError: (sentence: string) => void): Promise<string> {
  const [catalog, { configuration }] = await Promise.all([
    loadCatalog(),
    call("GET /workflows/{workflow_id}", { path: { workflow_id: id } }),
  ]);
  markVisited();
  prepared = documentsRead(id).catch((error: unknown) => onError(sentenceOf(error)));
  const entries = readConfiguration(configuration).nodes.filter(
    (node) => catalog.types.get(node.type ?? "")?.role === "entry",
  );
  const questions = entries.flatMap((node) =>
    Object.values(node.data.config ?? {}).flatMap((value) => (Array.isArray(value) ? value : [])),
  );
  const question = questions.find((one): one is string => typeof one === "string");
  return `/stacks/${id}${question ? `?ask=${encodeURIComponent(question)}` : ""}`;
}

async function documentsRead(id: string): Promise<void> {
  for (let checks = 0; checks < DOCUMENT_CHECKS; checks += 1) {
    const { items } = await call("GET /workflows/{workflow_id}/documents", { path: { workflow_id: id } });
    if (!items.some((document) => document.status === "processing")) return;
    await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
  }
}
