// Copied as text, an answer has no marks.
import { expect, test } from "vitest";
import { plainText } from "./plain-text";

test.each([
  ["## A **bold** *word* and `code`", "A bold word and code"],
  ["See [the page](https://e.org).", "See the page (https://e.org)."],
  ["| a | b |\n| --- | --- |\n| 1 | 2 |", "a\tb\n1\t2"],
  ["```py\nx = **y\n```", "x = **y"],
  ["- one\n- 2 * 3 * 4", "- one\n- 2 * 3 * 4"],
])("%j is copied as %j", (markdown, text) => {
  expect(plainText(markdown)).toBe(text);
});
