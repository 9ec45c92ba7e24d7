// Files on their way to the server: two at a time, whatever page is open.
import { create } from "zustand";
import { type PageDocumentOut, queries, sentenceOf, upload } from "@/api";

/** Where documents belong: to a stack of its own, or to a shared knowledge base. */
export type Place = { workflowId: string } | { baseId: string };

export type Sending = { id: number; place: string; name: string; part: number; error: string | null };

const AT_ONCE = 2;

export const useSending = create<{ list: ReadonlyArray<Sending> }>(() => ({ list: [] }));

export function keyOf(place: Place): string {
  return "workflowId" in place ? `workflow ${place.workflowId}` : `base ${place.baseId}`;
}

type Waiting = { id: number; place: Place; file: File };

let latest = 0;
let going = 0;
const waiting: Waiting[] = [];
const stops = new Map<number, AbortController>();

export function send(place: Place, files: Iterable<File>): void {
  for (const file of files) {
    latest += 1;
    const sending: Sending = { id: latest, place: keyOf(place), name: file.name, part: 0, error: null };
    useSending.setState(({ list }) => ({ list: [...list, sending] }));
    waiting.push({ id: latest, place, file });
  }
  next();
}

/** Stops one that is on its way, or puts away one that failed. */
export function dismiss(id: number): void {
  stops.get(id)?.abort();
  const place = waiting.findIndex((one) => one.id === id);
  if (place >= 0) waiting.splice(place, 1);
  useSending.setState(({ list }) => ({ list: list.filter((one) => one.id !== id) }));
}

function change(id: number, part: Partial<Sending>): void {
  useSending.setState(({ list }) => ({ list: list.map((one) => (one.id === id ? { ...one, ...part } : one)) }));
}

function next(): void {
  while (going < AT_ONCE) {
    const one = waiting.shift();
    if (!one) return;
    going += 1;
    void carry(one).finally(() => {
      going -= 1;
      next();
    });
  }
}

async function carry({ id, place, file }: Waiting): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  const path =
    "workflowId" in place ? `/workflows/${place.workflowId}/documents` : `/knowledge-bases/${place.baseId}/documents`;
  try {
    await upload<PageDocumentOut>(path, file, (part) => change(id, { part }), stop.signal);
    await queries.refreshDocuments(place);
    dismiss(id);
    void queries.refreshKnowledgeBases();
  } catch (error) {
    if (!stop.signal.aborted) change(id, { error: sentenceOf(error) });
  } finally {
    stops.delete(id);
  }
}
