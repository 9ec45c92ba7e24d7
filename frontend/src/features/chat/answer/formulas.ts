// Mathematics in Markdown: “\( … \)”, “\[ … \]”, “$ … $” and “$$ … $$” become inline code with a mark before it, so that
// Markdown leaves its backslashes, stars and underscores alone.

const INLINE = "\uE000";
const DISPLAY = "\uE001";
const CODE = /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]*`)/;
const FORMULA =
  /(?<!\\)(?:\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$\$([\s\S]+?)\$\$|(?<!\$)\$(?![\s$])((?:\\.|[^$\\\n])+?)(?<!\s)\$(?![\d$]))/g;
const OPEN = /(?<!\\)(?:\\\[|\\\(|\$\$)|(?<!\\)\$(?=[^\s\d$])[^$\n]*$|\\$/;

/** While an answer is written, a formula that has not ended yet is held back. */
export function withFormulas(text: string, writing = false): string {
  if (!/[\\$]/.test(text)) return text;
  const pieces = text.split(CODE);
  const last = pieces.length - 1;
  return pieces
    .map((piece, place) => {
      if (place % 2) return piece;
      const marked = piece.replace(FORMULA, (_, bracket, paren, dollars, dollar) => {
        const display = bracket ?? dollars;
        return asCode(display === undefined ? INLINE : DISPLAY, display ?? paren ?? dollar);
      });
      const open = writing && place === last ? OPEN.exec(marked) : null;
      return open ? marked.slice(0, open.index) : marked;
    })
    .join("");
}

/** On one line: a line of a formula that begins with “-” would become a list. */
function asCode(mark: string, tex: string): string {
  const line = tex
    .split("\n")
    .map((one) => one.replace(/^\s*(>\s?)*/, "").replace(/(?<!\\)%.*$/, ""))
    .join(" ")
    .trim();
  const ticks = "`".repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return `${ticks}${mark}${line}${line.endsWith("`") ? " " : ""}${ticks}`;
}

/** The formula in a piece of inline code; null where it is code. */
export function formulaIn(code: string): { tex: string; display: boolean } | null {
  if (code.startsWith(INLINE)) return { tex: code.slice(1), display: false };
  if (code.startsWith(DISPLAY)) return { tex: code.slice(1), display: true };
  return null;
}
