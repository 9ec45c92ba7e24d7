// The first visit: the server's example is open, and a question of its own stands in the chat's box.
import { useEffect } from "react";
import { call, sentenceOf, type WorkflowItem } from "@/api";
import { loadCatalog } from "@/model/node-types/catalog";
import { readConfiguration } from "@/model/graph/shape";
import { navigate } from "@/ui/router";
import { toast } from "@/ui/toast";
import { EditorSkeleton } from "./editor/skeleton";

const VISITED = "genai-stack.visited";
const PATIENCE = 60; // times that the documents are looked at before a question is let through without them
const PAUSE = 500; // milliseconds between

let preparing: Promise<void> = Promise.resolve();

/** The example, where this browser has not been here and nothing else was made. */
export function exampleFor(stacks: ReadonlyArray<WorkflowItem>): WorkflowItem | null {
  const [only, ...others] = stacks;
  return only && !others.length && only.version === 1 && localStorage.getItem(VISITED) === null ? only : null;
}

/** Resolves when the example's documents can be searched; at once on any later visit. */
export const examplePrepared = (): Promise<void> => preparing;

async function openExample(id: string): Promise<void> {
  const [catalog, { configuration }] = await Promise.all([
    loadCatalog(),
    call("GET /workflows/{workflow_id}", { path: { workflow_id: id } }),
  ]);
  localStorage.setItem(VISITED, new Date().toISOString());
  preparing = documentsRead(id).catch((error: unknown) => {
    toast(`The example’s document cannot be searched: ${sentenceOf(error)}`, { tone: "bad" });
  });
  const entries = readConfiguration(configuration).nodes.filter(
    (node) => catalog.types.get(node.type ?? "")?.role === "entry",
  );
  const questions = entries.flatMap((node) =>
    Object.values(node.data.config ?? {}).flatMap((value) => (Array.isArray(value) ? value : [])),
  );
  const question = questions.find((one): one is string => typeof one === "string");
  navigate(`/stacks/${id}${question ? `?ask=${encodeURIComponent(question)}` : ""}`, { replace: true });
}

async function documentsRead(id: string): Promise<void> {
  for (let times = 0; times < PATIENCE; times += 1) {
    const { items } = await call("GET /workflows/{workflow_id}/documents", { path: { workflow_id: id } });
    if (!items.some((document) => document.status === "processing")) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

export function FirstVisit({ id, otherwise }: { id: string; otherwise: () => void }) {
  useEffect(() => {
    openExample(id).catch((error: unknown) => {
      localStorage.setItem(VISITED, new Date().toISOString());
      toast(sentenceOf(error), { tone: "bad" });
      otherwise();
    });
  }, [id, otherwise]);
  return <EditorSkeleton />;
}
