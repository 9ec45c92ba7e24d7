// Documents in words.
import { expect, test } from "vitest";
import { contentInWords, factsOf, placeOf, warningsOf } from "./words";

test("pages, passages and size are told in words", () => {
  expect(contentInWords({ pages: 1, chunks: 1200, size: 1 })).toBe("1 page · 1,200 passages · 1 byte");
  expect(contentInWords({ pages: null, chunks: null, size: 1400 })).toBe("1.4 kB");
});

test("warnings stand apart from what the file says of itself", () => {
  const metadata = { title: "Whales", warnings: ["Two pages are pictures."], created: "2026-01-02T00:00:00+00:00" };
  expect(warningsOf({ metadata })).toEqual(["Two pages are pictures."]);
  expect(factsOf({ metadata })).toEqual([
    { name: "Title", value: "Whales" },
    { name: "Created", value: "Jan 2, 2026" },
  ]);
});

test("a passage is found whatever blanks are between its words, or by how it begins", () => {
  const text = "Before.\nBees  dance (a lot)\nto tell. After.";
  const place = placeOf("Bees dance (a lot) to tell.", text);
  expect(place && text.slice(place.from, place.to)).toBe("Bees  dance (a lot)\nto tell.");
  expect(placeOf("Wasps", text)).toBeNull();
});
