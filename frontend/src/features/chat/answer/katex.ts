// KaTeX, in a piece of its own.
import katex from "katex";
import "katex/dist/katex.min.css";

/** Draws into `element`; throws where the formula is not TeX. Neither links nor pictures nor endless macros. */
export function drawFormula(tex: string, element: HTMLElement, displayMode: boolean): void {
  katex.render(tex, element, {
    displayMode,
    throwOnError: true,
    trust: false,
    strict: "ignore",
    maxExpand: 500,
    maxSize: 40,
  });
}
