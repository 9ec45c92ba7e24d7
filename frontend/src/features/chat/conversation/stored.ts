// What the server has stored of a conversation, all pages of it.
import { call, type Event, type MessageOut } from "@/api";

const PAGE_ITEMS = 500; // messages or events

type Page<T> = { items: ReadonlyArray<T>; total: number };

async function allOf<T>(page: (part: { skip: number; limit: number }) => Promise<Page<T>>): Promise<T[]> {
  const first = await page({ skip: 0, limit: PAGE_ITEMS });
  const skips = Array.from(
    { length: Math.max(0, Math.ceil(first.total / PAGE_ITEMS) - 1) },
    (_, index) => (index + 1) * PAGE_ITEMS,
  );
  const others = await Promise.all(skips.map((skip) => page({ skip, limit: PAGE_ITEMS })));
  return [first, ...others].flatMap(({ items }) => [...items]);
}

export const allMessages = (session_id: string): Promise<MessageOut[]> =>
  allOf((query) => call("GET /sessions/{session_id}/messages", { path: { session_id }, query }));

/** Of a run that has ended. */
export const allEvents = (run_id: string): Promise<Event[]> =>
  allOf((query) => call("GET /runs/{run_id}/events", { path: { run_id }, query }) as Promise<Page<Event>>);
