// An answer as it is read aloud: whole sentences, once each, without the marks of Markdown.

const END = /[.!?…:;]["'”’)\]*_]*\s|\n/g;
const FENCE = /^\s*(`{3,}|~{3,})/;

export class Sentences {
  private said = 0;
  private inCode = false;

  /** What has become whole since the last time. When the text has ended, the rest as well. */
  next(text: string, ended: boolean): string[] {
    this.said = Math.min(this.said, text.length);
    const found: string[] = [];
    const rest = text.slice(this.said);
    let from = 0;
    for (const match of rest.matchAll(END)) {
      const to = match.index + match[0].length;
      const piece = rest.slice(from, to);
      if (match[0] !== "\n" && (/^\s*\d+[.)]\s$/.test(piece) || /\b(e\.g|i\.e|etc|vs|Dr|Mr|Ms|No)\.\s$/.test(piece)))
        continue;
      this.tell(piece, found);
      from = to;
    }
    if (ended && from < rest.length) {
      this.tell(rest.slice(from), found);
      from = rest.length;
    }
    this.said += from;
    return found;
  }

  private tell(piece: string, found: string[]): void {
    if (FENCE.test(piece)) {
      this.inCode = !this.inCode;
      if (this.inCode) found.push("Code.");
      return;
    }
    const words = this.inCode ? "" : spoken(piece);
    if (words) found.push(words);
  }
}

/** Without marks: links by their words, pictures by theirs, tables cell by cell. */
export function spoken(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(#{1,6}|>|[-*+])\s+/gm, "")
    .replace(/^\s*\|?[\s:|-]+\|\s*$/gm, "")
    .replace(/\s*\|\s*/g, ", ")
    .replace(/\[\d+\]/g, "")
    .replace(/[*_`~]+/g, "")
    .replace(/^[\s,]+|[\s,]+$/g, "")
    .replace(/\s+([.!?,])/g, "$1")
    .replace(/\s+/g, " ");
}
