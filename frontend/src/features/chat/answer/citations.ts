// “[2]” in an answer points at its second source.
const ADDRESS = "#source-";

/** The Markdown with its marks made links; code is left as it is. */
export function linked(text: string, sources: number): string {
  if (!sources || !text.includes("[")) return text;
  return text
    .split(/(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]*`)/)
    .map((piece, place) => (place % 2 ? piece : marked(piece, sources)))
    .join("");
}

function marked(text: string, sources: number): string {
  return text.replace(/\\?\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![([:])/g, (whole, list: string) => {
    const numbers = list.split(",").map(Number);
    if (whole.startsWith("\\") || numbers.some((number) => number < 1 || number > sources)) return whole;
    return numbers.map((number) => `[${number}](${ADDRESS}${number})`).join(" ");
  });
}

/** The places of the sources that an answer cites, from 0. */
export function citedIn(text: string, sources: number): ReadonlySet<number> {
  const found = linked(text, sources).matchAll(new RegExp(`\\(${ADDRESS}(\\d+)\\)`, "g"));
  return new Set([...found].map(([, number]) => Number(number) - 1));
}

/** Which source an address stands for, from 0; null for any other. */
export function placeIn(address: string): number | null {
  const number = Number(address.startsWith(ADDRESS) ? address.slice(ADDRESS.length) : Number.NaN);
  return Number.isInteger(number) && number > 0 ? number - 1 : null;
}
