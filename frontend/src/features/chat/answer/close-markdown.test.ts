// Markdown in the middle of being written is shown as if it were whole.
import fc from "fast-check";
import { expect, test } from "vitest";
import { closeMarkdown } from "./close-markdown";

test.each([
  ["a **bold", "a **bold**"],
  ["a **bold*", "a **bold**"],
  ["a **", "a"],
  ["an *emphasis", "an *emphasis*"],
  ["a `code", "a `code`"],
  ["~~gone", "~~gone~~"],
  ["***both", "***both***"],
  ["**bold *and", "**bold *and***"],
  ["see [the page](https://exa", "see the page"],
  ["see [the pa", "see the pa"],
  ["a picture ![of it](https://x", "a picture of it"],
])("%j is shown as %j", (written, shown) => {
  expect(closeMarkdown(written)).toBe(shown);
});

test.each(["a **bold** word", "2 * 3 * 4", "snake_case_name", "`a * b`", "see [1] and [2]", "a \\*star", "* item"])(
  "%j is left as it is",
  (text) => expect(closeMarkdown(text)).toBe(text),
);

test("marks alone in a line wait for what comes after them", () => {
  expect(closeMarkdown("A line\n--")).toBe("A line\n");
  expect(closeMarkdown("A line\n##")).toBe("A line\n");
  expect(closeMarkdown("A line\n- ")).toBe("A line\n");
  expect(closeMarkdown("A line\n2.")).toBe("A line\n");
});

test("a table waits for the line under its head", () => {
  expect(closeMarkdown("| a | b |")).toBe("");
  expect(closeMarkdown("| a | b |\n|--")).toBe("");
  expect(closeMarkdown("| a | b |\n|---|---|")).toBe("| a | b |\n|---|---|");
  expect(closeMarkdown("| a | b |\n|---|---|\n| 1 |")).toBe("| a | b |\n|---|---|\n| 1 |");
});

test("an open fence stays open, without half of its end", () => {
  expect(closeMarkdown("```py\nx = **y")).toBe("```py\nx = **y");
  expect(closeMarkdown("```py\nx = 1\n``")).toBe("```py\nx = 1");
});

const piece = fc.constantFrom(
  "word",
  " ",
  "**",
  "*",
  "_",
  "`",
  "```\n",
  "\n",
  "\n\n",
  "[",
  "](",
  ")",
  "!",
  "| a ",
  "- ",
  "1. ",
  "~~",
  "#",
  "\\",
);

test("any text whatever can be closed, and only marks are put or taken", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join("");
      const words = (shown: string) => shown.replace(/[^a-z]/g, "");
      expect(words(text).startsWith(words(closeMarkdown(text)).slice(0, 3))).toBe(true);
      expect(closeMarkdown(text).length).toBeLessThanOrEqual(text.length + 60);
    }),
  );
});
