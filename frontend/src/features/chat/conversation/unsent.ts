// Questions that the server has not taken yet: kept over a reload, and sent again with the same id.
import type { Failure } from "./turns";

const KEY = "genai-stack.unsent";

export type Unsent = {
  id: string;
  content: string;
  parentId: string | null;
  workflowId: string;
  /** Null in a conversation that the server does not know yet. */
  sessionId: string | null;
  /** Why the server refused it: it is sent again when the person says so. */
  failure?: Failure;
};

function all(): Unsent[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Unsent[]) : [];
  } catch {
    return []; // written by another version: nothing that could be sent
  }
}

export function unsentOf(workflowId: string, sessionId: string | null): Unsent[] {
  return all().filter((one) => one.workflowId === workflowId && one.sessionId === sessionId);
}

export function keep(unsent: Unsent): void {
  const others = all();
  const place = others.findIndex(({ id }) => id === unsent.id);
  if (place < 0) others.push(unsent);
  else others[place] = unsent;
  sessionStorage.setItem(KEY, JSON.stringify(others));
}

export function drop(id: string): void {
  const left = all();
  if (left.some((one) => one.id === id)) {
    sessionStorage.setItem(KEY, JSON.stringify(left.filter((one) => one.id !== id)));
  }
}
