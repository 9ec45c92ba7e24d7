// A passage around the sentence that matched: what stands before it, the sentence, what follows.
export type Excerpt = { before: string; match: string; after: string };

const LEAD_CHARACTERS = 90; // at most so many stand before the sentence, so that it is in view
const START = /(?<=[.!?…。！？]\s*|· )\S/g;

/** The whole passage from a little before its match on, in one line; without a match, from its beginning. */
export function excerptOf(text: string, match?: string | null): Excerpt {
  const at = match ? text.indexOf(match) : -1;
  if (at < 0) return { before: inOneLine(text), match: "", after: "" };
  const end = at + (match as string).length;
  return {
    before: leadOf(inOneLine(text.slice(0, at))),
    match: inOneLine(text.slice(at, end)),
    after: inOneLine(text.slice(end)),
  };
}

/** Lines of a paragraph joined, paragraphs and headings parted by a dot, Markdown's number signs left out. */
function inOneLine(text: string): string {
  return text
    .replace(/^#{1,6} +/gm, "")
    .replace(/[^\S\n]*\n\s*\n\s*/g, " · ")
    .replace(/\s*\n\s*/g, " ")
    .replace(/^ · /, " ");
}

/** The end of what stands before, from a sentence or else a word on. */
function leadOf(before: string): string {
  if (before.length <= LEAD_CHARACTERS) return before;
  const lead = before.slice(-LEAD_CHARACTERS);
  const sentence = [...lead.matchAll(START)][0]?.index;
  const word = lead.search(/\s/) + 1;
  return `… ${lead.slice(sentence ?? word)}`;
}
