// Marks of sources become links; everything else stays.
import { expect, test } from "vitest";
import { citedIn, linked, placeIn } from "./citations";

test("a mark of a source that is there points at it", () => {
  expect(linked("So it is [2].", 3)).toBe("So it is [2](#source-2).");
  expect(linked("Both [1, 3].", 3)).toBe("Both [1](#source-1) [3](#source-3).");
});

test.each(["none [4]", "a link [1](https://example.org)", "`a[1]`", "```\na[1]\n```", "[1]: a note"])(
  "%j is left as it is",
  (text) => expect(linked(text, 3)).toBe(text),
);

test("an address tells the place of its source", () => {
  expect([placeIn("#source-1"), placeIn("https://example.org"), placeIn("#source-x")]).toEqual([0, null, null]);
});

test("the cited sources are told apart from those that were only found", () => {
  expect([...citedIn("So [2], and [1, 3]. Not `[4]`, not [9].", 4)]).toEqual([1, 0, 2]);
  expect(citedIn("Nothing.", 4).size).toBe(0);
});
