// A screen reader is told whole sentences, each once.
import { expect, test } from "vitest";
import { Sentences, spoken } from "./sentences";

function told(pieces: ReadonlyArray<string>): string[][] {
  const reader = new Sentences();
  let text = "";
  return pieces.map((piece, place) => {
    text += piece;
    return reader.next(text, place === pieces.length - 1);
  });
}

test("nothing is said before a sentence ends, and nothing twice", () => {
  expect(told(["The wha", "le is", " large. It ", "swims", ". And", " sings"])).toEqual([
    [],
    [],
    ["The whale is large."],
    [],
    ["It swims."],
    ["And sings"],
  ]);
});

test("marks, links and numbers of sources are not read out", () => {
  expect(spoken("**Bold** and [a page](https://example.org) [1].")).toBe("Bold and a page.");
  expect(spoken("| a | b |")).toBe("a, b");
});

test("code is announced, not read", () => {
  expect(told(["See:\n", "```py\nx = 1.\ny\n", "```\nDone."]).flat()).toEqual(["See:", "Code.", "Done."]);
});

test("a text that was taken back is read from where it stands", () => {
  const reader = new Sentences();
  reader.next("One. Two. ", false);
  expect(reader.next("One. ", false)).toEqual([]);
  expect(reader.next("One. Three. ", false)).toEqual(["Three."]);
});

test("an answer that is written once more is not read out twice", () => {
  const reader = new Sentences();
  reader.next("One. Two. Th", false);
  expect(reader.next("", false)).toEqual([]);
  expect(reader.next("One. T", false)).toEqual([]);
  expect(reader.next("One. Two. Three.", true)).toEqual(["Three."]);
});
