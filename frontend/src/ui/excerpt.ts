// A passage around the sentence that matched: what stands before it, the sentence, what follows.
export type Excerpt = { before: string; match: string; after: string };

const LEAD_CHARACTERS = 90; // at most so many stand before the sentence, so that it is in view
const START = /(?<=[.!?…。！？]\s*|\n)\S/g;

/** The whole passage from a little before its match on; without a match, from its beginning. */
export function excerptOf(text: string, match?: string | null): Excerpt {
  const at = match ? text.indexOf(match) : -1;
  if (at < 0) return { before: text, match: "", after: "" };
  const end = at + (match as string).length;
  return { before: leadOf(text.slice(0, at)), match: text.slice(at, end), after: text.slice(end) };
}

/** The end of what stands before, from a sentence or else a word on. */
function leadOf(before: string): string {
  if (before.length <= LEAD_CHARACTERS) return before;
  const lead = before.slice(-LEAD_CHARACTERS);
  const sentence = [...lead.matchAll(START)][0]?.index;
  const word = lead.search(/\s/) + 1;
  return `… ${lead.slice(sentence ?? word)}`;
}
