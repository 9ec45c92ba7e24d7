// A passage is shown from the sentence that matched.
import { expect, test } from "vitest";
import { excerptOf } from "./excerpt";

const LEAD = "Otters sleep in rivers and hold each other by the hand all night long. ";

test("row 15: a passage begins a little before the sentence that matched", () => {
  const text = `${LEAD.repeat(5)}Badgers dig setts. Bees dance.`;
  expect(excerptOf(text, "Badgers dig setts.")).toEqual({
    before: `… ${LEAD}`,
    match: "Badgers dig setts.",
    after: " Bees dance.",
  });
});

test("row 15: a heading is joined to its text, and lines of a paragraph to one another", () => {
  const text = "Before.\n\n## Badgers\n\nThey\ndig setts.\nMore.\n\nEnd.";
  expect(excerptOf(text, "They\ndig setts.")).toEqual({
    before: "Before. · Badgers · ",
    match: "They dig setts.",
    after: " More. · End.",
  });
});

test("what stands before is cut at a word where no sentence begins", () => {
  const { before } = excerptOf(`${"otter ".repeat(50)}dig.`, "dig.");
  expect(before).toMatch(/^… (otter )+$/);
  expect(before.length).toBeLessThan(95);
});

test("without a match, or with one that is not there, it is the passage from its beginning", () => {
  for (const match of [undefined, null, "", "Whales sing."]) {
    expect(excerptOf("Bees dance.", match)).toEqual({ before: "Bees dance.", match: "", after: "" });
  }
});
