// Formulas are found in Markdown, and money is not.
import { expect, test } from "vitest";
import { formulaIn, withFormulas } from "./formulas";

const found = (text: string) =>
  [...withFormulas(text).matchAll(/`+([^`]+?)`+/g)].map(([, code = ""]) => formulaIn(code)).filter(Boolean);

test.each([
  ["It is \\(a_1 * b\\).", "a_1 * b", false],
  ["It is $a^2$.", "a^2", false],
  ["\\[ a \\\\ b \\]", "a \\\\ b", true],
  ["$$\na\n- b\n$$", "a - b", true],
  ["> \\[\n> x % a remark\n> y\n> \\]", "x  y", true],
])("%j holds a formula", (text, tex, display) => {
  expect(found(text)).toEqual([{ tex, display }]);
});

test.each([
  "It costs $5 and $10.",
  "Between $5-$10 a day",
  "`$x$` and `\\(y\\)`",
  "```\n\\[ x \\]\n```",
  "\\$a\\$",
  "an [address](https://e.org)",
])("%j holds none", (text) => {
  expect(withFormulas(text)).toBe(text);
});

test("while it is written, a formula that is open is held back", () => {
  expect(withFormulas("So \\[ a + ", true)).toBe("So ");
  expect(withFormulas("So $a + ", true)).toBe("So ");
  expect(withFormulas("So \\", true)).toBe("So ");
  expect(withFormulas("It costs $5 and", true)).toBe("It costs $5 and");
});
