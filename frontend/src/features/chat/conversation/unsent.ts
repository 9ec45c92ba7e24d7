// Questions that the server has not taken yet: kept over a reload, and sent again with the same id.
const KEPT = "genai-stack.unsent";

export type Unsent = { id: string; content: string; sessionId: string };

function all(): Unsent[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? (found as Unsent[]) : [];
  } catch {
    return []; // written by another version: nothing that could be sent
  }
}

export function unsentOf(sessionId: string): Unsent[] {
  return all().filter((one) => one.sessionId === sessionId);
}

export function keep(one: Unsent): void {
  sessionStorage.setItem(KEPT, JSON.stringify([...all().filter((other) => other.id !== one.id), one]));
}

export function drop(id: string): void {
  const left = all();
  if (left.some((one) => one.id === id)) {
    sessionStorage.setItem(KEPT, JSON.stringify(left.filter((one) => one.id !== id)));
  }
}
