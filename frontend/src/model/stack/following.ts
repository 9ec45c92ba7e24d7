// Versions that are saved elsewhere, by another tab or another person: taken over while nothing here is unsaved.
import { call, type WorkflowOut } from "@/api";
import { isDirty, take, useStack } from "../graph/store";

const CHANNEL = "genai-stack.saved";
const POLL_MS = 15_000; // between two looks for what other people saved, while the page is visible

type Saved = { id: string; version: number };

const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;

/** Tells the other tabs of this browser. */
export function announceSaved(saved: Saved): void {
  channel?.postMessage({ id: saved.id, version: saved.version } satisfies Saved);
}

/** Takes over a newer version. With unsaved edits nothing happens: saving them shows both sides. */
export async function takeOverNewer(id: string, isIdle: () => boolean): Promise<void> {
  const untouched = () => {
    const stack = useStack.getState();
    return stack.id === id && !stack.holding && !isDirty() && isIdle();
  };
  if (!untouched()) return;
  const found: WorkflowOut | null = await call("GET /workflows/{workflow_id}", { path: { workflow_id: id } }).catch(
    () => null, // the next look comes soon
  );
  if (found && untouched() && found.version > useStack.getState().version) take(found);
}

/** Until the function that is returned is called. */
export function followVersions(id: string, isIdle: () => boolean, pollMs = POLL_MS): () => void {
  const look = () => {
    if (document.visibilityState === "visible") void takeOverNewer(id, isIdle);
  };
  const onMessage = ({ data }: MessageEvent<Saved>) => {
    if (data.id === id && data.version > useStack.getState().version) void takeOverNewer(id, isIdle);
  };
  const timer = setInterval(look, pollMs);
  channel?.addEventListener("message", onMessage);
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    channel?.removeEventListener("message", onMessage);
    window.removeEventListener("focus", look);
    document.removeEventListener("visibilitychange", look);
  };
}
