// Saves the open stack by itself: soon after an edit, again when the server is back, never over someone else's work.
import { create } from "zustand";
import { call, isPassing, Problem, queries, sentenceOf, type WorkflowOut } from "@/api";
import { type Graph, savedAlike } from "../graph/shape";
import { configurationNow, edit, graphOf, isDirty, open, take, useStack, wasSaved } from "../graph/store";
import { announceSaved, followVersions } from "./following";

export type Saving =
  | { state: "saved" | "waiting" | "saving" | "offline" }
  | { state: "failed"; sentence: string }
  /** Someone else saved in the meantime; both are kept until the person has chosen. */
  | { state: "conflict"; theirs: WorkflowOut };

export const useSaving = create<Saving>(() => ({ state: "saved" }));
const tell = (saving: Saving) => useSaving.setState(saving, true);
const status = () => useSaving.getState().state;

const SOON = 500; // milliseconds after the last edit
const LATEST = 900; // milliseconds after the first edit that is not saved
const RETRIES = [1_000, 2_000, 4_000, 8_000, 15_000];
const KEEPALIVE_MOST = 60_000; // bytes that a browser sends while a page goes

let timer: ReturnType<typeof setTimeout> | undefined;
let since = 0;
let tries = 0;
let running: Promise<void> | null = null;
let stopListening: (() => void) | null = null;

const draftKey = (id: string) => `genai-stack.draft.${id}`;
type Draft = { version: number; name: string; description: string; configuration: Record<string, unknown> };

function keepDraft(): void {
  const { id, version, graph } = useStack.getState();
  if (!id) return;
  const draft: Draft = { version, name: graph.name, description: graph.description, configuration: configurationNow() };
  try {
    localStorage.setItem(draftKey(id), JSON.stringify(draft));
  } catch {
    tell({
      state: "failed",
      sentence: "This browser has no room to keep what is not saved. Export the stack as a file.",
    });
  }
}

/** Opens a stack and saves it from now on. A draft that was left behind comes first. */
export function beginSaving(stack: WorkflowOut): () => void {
  open(stack);
  tell({ state: "saved" });
  recover(stack);
  const unsubscribe = useStack.subscribe((now, before) => {
    if (now.id === stack.id && (now.graph !== before.graph || now.holding !== before.holding)) plan();
  });
  const unfollow = followVersions(stack.id, () => status() === "saved");
  window.addEventListener("online", retryNow);
  window.addEventListener("pagehide", onLeaving);
  stopListening = () => {
    unsubscribe();
    unfollow();
    window.removeEventListener("online", retryNow);
    window.removeEventListener("pagehide", onLeaving);
    clearTimeout(timer);
  };
  return () => {
    if (isDirty()) void flush().catch(() => keepDraft());
    stopListening?.();
    stopListening = null;
  };
}

function recover(stack: WorkflowOut): void {
  const kept = localStorage.getItem(draftKey(stack.id));
  if (!kept) return;
  localStorage.removeItem(draftKey(stack.id));
  const draft = JSON.parse(kept) as Draft;
  const { graph } = graphOf(draft);
  if (savedAlike(graph, useStack.getState().saved)) return;
  edit(() => graph);
  if (draft.version === stack.version) plan();
  else tell({ state: "conflict", theirs: stack });
}

function plan(): void {
  if (useStack.getState().holding || status() === "conflict") return;
  if (!isDirty()) {
    if (status() === "waiting") tell({ state: "saved" });
    return;
  }
  if (status() !== "saving" && status() !== "offline") {
    if (status() !== "waiting") since = Date.now();
    tell({ state: "waiting" });
  }
  if (status() === "offline") {
    keepDraft();
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(() => void save(), Math.max(0, Math.min(SOON, since + LATEST - Date.now())));
}

function retryNow(): void {
  tries = 0;
  void save();
}

/** Saves what is unsaved. Resolves when the server has it, or throws why not. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  await save();
  if (isDirty()) await save();
  const saving = useSaving.getState();
  if (saving.state === "failed") throw new Error(saving.sentence);
  if (saving.state === "offline") throw new Error("The server cannot be reached. Try again when it answers.");
  if (saving.state === "conflict") throw new Error("Someone else has changed this stack. Choose what to keep first.");
}

function save(): Promise<void> {
  if (running) return running.then(() => (isDirty() ? save() : undefined));
  if (!isDirty() || status() === "conflict") return Promise.resolve();
  running = put().finally(() => {
    running = null;
    if (isDirty() && status() === "saved") plan();
  });
  return running;
}

async function put(): Promise<void> {
  const { id, graph, version } = useStack.getState();
  if (!id) return;
  clearTimeout(timer);
  tell({ state: "saving" });
  try {
    const saved = await queries.saveWorkflow(id, version, bodyOf(graph));
    tries = 0;
    localStorage.removeItem(draftKey(id));
    wasSaved(graph, saved);
    announceSaved(saved);
    since = Date.now();
    tell({ state: "saved" });
  } catch (error) {
    await onFailure(id, error);
  }
}

const bodyOf = (graph: Graph) => ({
  name: graph.name.trim() || "Untitled stack",
  description: graph.description,
  configuration: configurationNow(),
});

async function onFailure(id: string, error: unknown): Promise<void> {
  if (error instanceof Problem && error.status === 412) {
    const theirs = await call("GET /workflows/{workflow_id}", { path: { workflow_id: id } }).catch(() => null);
    if (theirs) return tell({ state: "conflict", theirs });
  }
  keepDraft();
  if (isPassing(error) || (error instanceof Problem && error.status === 412)) {
    tell({ state: "offline" });
    timer = setTimeout(() => void save(), RETRIES[Math.min(tries, RETRIES.length - 1)]);
    tries += 1;
  } else {
    tell({ state: "failed", sentence: sentenceOf(error) });
  }
}

function onLeaving(): void {
  const { id, graph, version } = useStack.getState();
  if (!id || !isDirty()) return;
  keepDraft();
  const body = bodyOf(graph);
  if (JSON.stringify(body).length > KEEPALIVE_MOST || status() === "conflict") return;
  void call("PUT /workflows/{workflow_id}", {
    path: { workflow_id: id },
    headers: { "if-match": `"${version}"` },
    body,
    keepalive: true,
  }).catch(() => undefined); // the draft is kept: the next visit goes on from it
}

/** Ends a conflict. What is not chosen is kept as well: mine as a stack of its own, theirs in the versions. */
export async function resolve(choice: "mine" | "theirs"): Promise<{ copy: string | null }> {
  const saving = useSaving.getState();
  if (saving.state !== "conflict") return { copy: null };
  const { theirs } = saving;
  if (choice === "mine") {
    useStack.setState({ version: theirs.version, saved: graphOf(theirs).graph });
    tell({ state: "waiting" });
    await save();
    return { copy: null };
  }
  const { name, ...others } = bodyOf(useStack.getState().graph);
  const named = `${name.slice(0, 180)} (my changes)`;
  const copy = await queries.duplicateWorkflow(theirs.id, named); // with its documents
  await queries.saveWorkflow(copy.id, copy.version, { name: named, ...others });
  take(theirs);
  localStorage.removeItem(draftKey(theirs.id));
  tell({ state: "saved" });
  return { copy: copy.id };
}
