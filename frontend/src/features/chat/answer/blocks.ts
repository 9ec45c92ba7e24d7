// An answer cut into blocks that no longer change, so that only the last one is drawn anew while it is written.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])(\s|$)/;

/** Pieces that are Markdown of their own; put together again they are the text. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let current = "";
  let fence: string | null = null;
  let gap = false;
  let list = false;
  for (const line of text.split(/(?<=\n)/)) {
    const marks = FENCE.exec(line)?.[1];
    if (fence === null && gap && line.trim() && !belongs(line, list)) {
      blocks.push(current);
      current = "";
      list = false;
    }
    if (fence === null && current.trim() === "") list = ITEM.test(line);
    if (marks && fence === null) fence = marks;
    else if (marks && fence && marks[0] === fence[0] && marks.length >= fence.length && line.trim() === marks) {
      fence = null;
    }
    current += line;
    gap = fence === null && line.trim() === "";
  }
  if (current) blocks.push(current);
  return blocks;
}

/** After an empty line a list goes on with its next item, or with what is indented under one. */
function belongs(line: string, list: boolean): boolean {
  return list && (/^\s{2,}/.test(line) || ITEM.test(line));
}
