// An answer as plain text, without the marks of Markdown.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Code stays as it is; tables have tabs between their cells, links their address behind them. */
export function plainText(markdown: string): string {
  let inCode = false;
  return markdown
    .split("\n")
    .filter((line) => !/^\s*\|?\s*:?-{2,}[\s:|-]*$/.test(line) || inCode)
    .flatMap((line) => {
      if (FENCE.test(line)) {
        inCode = !inCode;
        return [];
      }
      return [inCode ? line : plainLine(line)];
    })
    .join("\n")
    .trim();
}

function plainLine(line: string): string {
  const cells = /^\s*\|(.*)\|\s*$/.exec(line)?.[1];
  return (
    cells === undefined
      ? line
      : cells
          .split("|")
          .map((cell) => cell.trim())
          .join("\t")
  )
    .replace(/^(\s*)(#{1,6}|>)\s+/, "$1")
    .replace(/!?\[([^\]]*)\]\((\S+?)\)/g, "$1 ($2)")
    .replace(/(\*\*\*|\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, "$1")
    .replace(/`+([^`]+)`+/g, "$1");
}
