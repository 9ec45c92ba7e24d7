// Deletions that can be undone for a few seconds: the same for stacks, documents, conversations and API keys.
import { create } from "zustand";
import { sentenceOf } from "@/api";
import { toast } from "@/ui/toast";

type Deletion = {
  id: string;
  /** “Deleted “Refunds” with its documents and conversations.” */
  message: string;
  /** Deletes on the server, then refreshes the lists that show it. `keepalive`: the page is being closed. */
  remove: (keepalive: boolean) => Promise<unknown>;
  onUndo?: () => void;
  /** Milliseconds in which it can be undone. */
  delay?: number;
};

const UNDO_MS = 8_000;
const TOAST_ENDS_MS = 400; // before the deletion, so that Undo is never shown in vain

type Pending = { timer: ReturnType<typeof setTimeout>; run: (keepalive: boolean) => Promise<void> };
const pending = new Map<string, Pending>();

/** What is hidden because it is being deleted. */
export const useDeleting = create<{ ids: ReadonlySet<string> }>(() => ({ ids: new Set() }));

const show = (id: string) =>
  useDeleting.setState(({ ids }) => ({ ids: new Set([...ids].filter((other) => other !== id)) }));

/** Hides it at once and deletes it after `delay`; the message offers Undo. Leaving the page deletes at once. */
export function deleteWithUndo({ id, message, remove, onUndo, delay = UNDO_MS }: Deletion): void {
  if (pending.has(id)) return;
  const run = async (keepalive: boolean) => {
    pending.delete(id);
    try {
      await remove(keepalive);
    } catch (error) {
      toast(sentenceOf(error), { tone: "bad" });
    } finally {
      show(id);
    }
  };
  pending.set(id, { run, timer: setTimeout(() => void run(false), delay) });
  useDeleting.setState(({ ids }) => ({ ids: new Set([...ids, id]) }));
  const undo = () => {
    const found = pending.get(id);
    if (!found) return;
    clearTimeout(found.timer);
    pending.delete(id);
    show(id);
    onUndo?.();
  };
  toast(message, { action: { label: "Undo", run: undo }, stays: Math.max(0, delay - TOAST_ENDS_MS) });
}

window.addEventListener("pagehide", () => {
  for (const { timer, run } of pending.values()) {
    clearTimeout(timer);
    void run(true);
  }
});
