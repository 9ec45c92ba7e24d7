// An answer as it is read aloud: whole sentences, once each, without the marks of Markdown.

const END = /[.!?…:;]["'”’)\]*_]*\s|\n/g;
const FENCE = /^\s*(`{3,}|~{3,})/;

export class Sentences {
  private said = 0;
  private inCode = false;
  /** The text that was read out. */
  private read = "";

  /** What has become whole since the last time. When the text has ended, the rest as well. */
  next(text: string, ended: boolean): string[] {
    if (!text.startsWith(this.read)) {
      // A run that was taken up again writes once more: what is the same is not read out twice.
      if (!ended && this.read.startsWith(text)) return [];
      this.goBack(text);
    }
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
    this.read = text.slice(0, this.said);
    return found;
  }

  /** To the beginning of the sentence from which on the text is another. */
  private goBack(text: string): void {
    let same = 0;
    while (same < text.length && text[same] === this.read[same]) same += 1;
    const last = [...text.slice(0, same).matchAll(END)].at(-1);
    this.said = last ? last.index + last[0].length : 0;
    const fences = text
      .slice(0, this.said)
      .split("\n")
      .filter((line) => FENCE.test(line));
    this.inCode = fences.length % 2 === 1;
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
