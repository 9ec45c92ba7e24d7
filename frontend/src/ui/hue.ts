// Six hues for what is told apart by its place in a list: port types, categories. A shape or a word always goes with it.
export const HUES = 6;

export function hue(place: number): { color: string; soft: string } {
  if (place < 0) return { color: "var(--faint)", soft: "var(--sunken)" };
  return { color: `var(--port-${place % HUES})`, soft: `var(--port-${place % HUES}-soft)` };
}
