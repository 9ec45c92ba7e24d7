// A document in words: how large it is, what stands in it, what its file says of itself.
import type { DocumentOut } from "@/api";
import { counted, sizeInWords } from "@/ui/quantities";

/** “12 pages · 48 passages · 1.4 MB” */
export function contentInWords({ pages, chunks, size }: Pick<DocumentOut, "pages" | "chunks" | "size">): string {
  return [
    pages === null ? null : counted(pages, "page"),
    chunks === null ? null : counted(chunks, "passage"),
    sizeInWords(size),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function warningsOf({ metadata }: Pick<DocumentOut, "metadata">): string[] {
  const told = metadata["warnings"];
  return Array.isArray(told) ? told.map(String) : [];
}

/** What the file says of itself: title, author, dates. */
export function factsOf({ metadata }: Pick<DocumentOut, "metadata">): Array<{ name: string; value: string }> {
  return Object.entries(metadata)
    .filter(([name, value]) => name !== "warnings" && value !== null && typeof value !== "object")
    .map(([name, value]) => ({
      name: name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " "),
      value: /^\d{4}-\d\d-\d\dT/.test(String(value))
        ? new Date(String(value)).toLocaleDateString("en", { dateStyle: "medium" })
        : String(value),
    }));
}

/** Where a passage stands in a text, whatever blanks are between its words; null where it is not found. */
export function placeOf(passage: string, text: string): { from: number; to: number } | null {
  const words = passage.replace(/^…|…$/g, "").trim().split(/\s+/).slice(0, 400);
  for (const part of [words, words.slice(0, 12)]) {
    if (!part[0]) return null;
    const pattern = part.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
    const found = new RegExp(pattern).exec(text);
    if (found) return { from: found.index, to: found.index + found[0].length };
  }
  return null;
}
