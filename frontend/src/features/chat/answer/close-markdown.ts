// Markdown that is still being written, closed so that it does not flicker: what is open is ended, what is not yet
// told apart is held back.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** The text as it can be shown now. What is held back comes with the next pieces. */
export function closeMarkdown(text: string): string {
  const fence = openFence(text);
  if (fence) {
    const lines = text.split("\n");
    const last = (lines.at(-1) ?? "").trim();
    return last && fence.startsWith(last) ? lines.slice(0, -1).join("\n") : text;
  }
  return ended(withoutMarker(withoutHalfTable(text)));
}

/** The marks that opened the fence in which the text ends; null outside of one. */
export function openFence(text: string): string | null {
  let open: string | null = null;
  for (const line of text.split("\n")) {
    const marks = FENCE.exec(line)?.[1];
    if (!marks) continue;
    if (open === null) open = marks;
    else if (marks[0] === open[0] && marks.length >= open.length && line.trim() === marks) open = null;
  }
  return open;
}

/** A last line of nothing but marks may become a heading, a rule, a list or a fence: not before the next letter. */
function withoutMarker(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  return /^\s*([-=*_#>+`~]+|\d+[.)]?)\s*$/.test(line) && line.trim() ? text.slice(0, start) : text;
}

/** A table's first line alone looks like a paragraph; it waits for the line under it. */
function withoutHalfTable(text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  let first = lines.length;
  while (first > 0 && /^\s*\|/.test(lines[first - 1] ?? "")) first -= 1;
  const rows = lines.slice(first);
  const under = rows[1] ?? "";
  const isWhole = /^\s*\|[\s:|-]*-[\s:|-]*\|\s*$/.test(under) && pipes(under) >= pipes(rows[0] ?? "");
  return rows.length === 0 || isWhole || rows.length > 2 ? text : lines.slice(0, first).join("\n");
}

const pipes = (row: string) => row.split("|").length;

/** Ends emphasis, code and links of the last paragraph that are open. */
function ended(text: string): string {
  const start = text.search(/\n[ \t]*\n(?![\s\S]*\n[ \t]*\n)/) + 1;
  return text.slice(0, start) + closedInline(text.slice(start));
}

function closedInline(text: string): string {
  const open: Array<{ mark: string; at: number }> = [];
  let bracket = -1;
  let place = 0;
  while (place < text.length) {
    const char = text[place] as string;
    if (char === "\\") {
      place += 2;
    } else if (char === "`") {
      const ticks = /^`+/.exec(text.slice(place))?.[0] ?? "`";
      const end = closingTicks(text, place + ticks.length, ticks);
      if (end < 0) return finish(withTicks(text, place, ticks), open);
      place = end + ticks.length;
    } else if (char === "[") {
      if (bracket < 0) bracket = place;
      place += 1;
    } else if (char === "]") {
      const target = /^\]\(([^()\s]*)/.exec(text.slice(place));
      if (bracket >= 0 && target && !/^\]\([^()]*\)/.test(text.slice(place))) {
        return finish(text.slice(0, bracket).replace(/!$/, "") + text.slice(bracket + 1, place), open);
      }
      if (bracket >= 0 && place === text.length - 1 && !/^[\d\s,]+$/.test(text.slice(bracket + 1, place))) {
        break; // whether it is a link is told by what comes next
      }
      bracket = -1;
      place += 1;
    } else if (char === "*" || char === "_" || char === "~") {
      const run = new RegExp(`^\\${char}+`).exec(text.slice(place))?.[0] ?? char;
      emphasis(text, place, run, open);
      place += run.length;
    } else {
      place += 1;
    }
  }
  if (bracket >= 0) {
    const shown = text.slice(0, bracket).replace(/!$/, "") + text.slice(bracket + 1).replace(/\]$/, "");
    return finish(
      shown,
      open.map((one) => (one.at > bracket ? { ...one, at: one.at - 1 } : one)),
    );
  }
  return finish(text, open);
}

function closingTicks(text: string, from: number, ticks: string): number {
  for (let at = text.indexOf(ticks, from); at >= 0; at = text.indexOf(ticks, at + 1)) {
    if (text[at + ticks.length] !== "`" && text[at - 1] !== "`") return at;
  }
  return -1;
}

function withTicks(text: string, place: number, ticks: string): string {
  const inside = text.slice(place + ticks.length).replace(/`+$/, "");
  return inside.trim() ? `${text.slice(0, place)}${ticks}${inside}${ticks}` : text.slice(0, place);
}

function emphasis(text: string, place: number, run: string, open: Array<{ mark: string; at: number }>): void {
  const before = text[place - 1] ?? " ";
  const after = text[place + run.length] ?? "";
  if (run[0] === "~" && run.length !== 2) return;
  if (run[0] === "_" && /\w/.test(before) && /\w/.test(after)) return;
  let left = run;
  while (left && !/\s/.test(before) && open.at(-1)?.mark[0] === left[0]) {
    const mark = open.at(-1)?.mark ?? "";
    if (mark.length > left.length) break;
    open.pop();
    left = left.slice(mark.length);
  }
  if (!left || (after && /\s/.test(after))) return;
  if (left.length === 3) {
    open.push({ mark: left.slice(0, 1), at: place }, { mark: left.slice(0, 2), at: place });
  } else if (left.length < 3) {
    open.push({ mark: left, at: place });
  }
}

/** The marks that end what is open, each after the last word; an opening with nothing behind it is left out. */
function finish(text: string, open: ReadonlyArray<{ mark: string; at: number }>): string {
  let shown = text.trimEnd();
  let left = [...open];
  for (
    let last = left.at(-1);
    last && shown.endsWith(last.mark) && last.at >= shown.length - last.mark.length - 1;
    last = left.at(-1)
  ) {
    shown = shown.slice(0, -last.mark.length).trimEnd();
    left = left.slice(0, -1);
  }
  if (!left.length) return shown === text.trimEnd() ? text : shown;
  // A half ending, “**bold*”, is taken away before the whole one is put.
  const mark = left.at(-1)?.mark ?? "";
  if (mark.length === 2 && shown.endsWith(mark[0] ?? "") && !shown.endsWith(mark)) shown = shown.slice(0, -1);
  return (
    shown +
    left
      .reverse()
      .map((one) => one.mark)
      .join("")
  );
}
