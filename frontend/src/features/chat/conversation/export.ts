// A conversation as a file: Markdown to read, or JSON with everything that is stored.
import { call, type MessageOut, type Passage } from "@/api";
import { allMessages } from "./stored";
import { NO_TURNS, withStored } from "./turns";

export type Format = "markdown" | "json";

/** Hands the file to the browser. */
export async function exportConversation(sessionId: string, name: string, format: Format): Promise<void> {
  const messages = await allMessages(sessionId);
  const session = await call("GET /sessions/{session_id}", { path: { session_id: sessionId } });
  const text = format === "json" ? JSON.stringify({ session, messages }, null, 2) : asMarkdown(name, messages);
  const type = format === "json" ? "application/json" : "text/markdown";
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${fileNameOf(name)}.${format === "json" ? "json" : "md"}`;
  link.click();
  URL.revokeObjectURL(address);
}

/** The newest branch, with the sources of each answer. */
export function asMarkdown(name: string, messages: ReadonlyArray<MessageOut>): string {
  const turns = withStored(NO_TURNS, messages);
  const parts = turns.path.flatMap((id) => {
    const turn = turns.of[id];
    if (!turn) return [];
    const sources = (turn.answer?.metadata["sources"] ?? []) as ReadonlyArray<Passage>;
    return [
      turn.question ? turn.question.replace(/^/gm, "> ") : "",
      turn.answer?.content ?? "",
      sources.map((one, place) => `${place + 1}. ${one.filename}${one.page ? `, page ${one.page}` : ""}`).join("\n"),
    ];
  });
  return `${[`# ${name}`, ...parts.filter(Boolean)].join("\n\n")}\n`;
}

export function fileNameOf(name: string): string {
  return (
    name
      .replace(/[^\p{L}\p{N}._-]+/gu, " ")
      .trim()
      .slice(0, 80) || "conversation"
  );
}
