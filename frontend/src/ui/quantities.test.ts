// Counts and sizes in words.
import { expect, test } from "vitest";
import { counted, sizeInWords } from "./quantities";

test("sizes have the unit that fits", () => {
  const sizes = [1, 12, 1400, 12_345_678, 250_000_000, 5_000_000_000].map(sizeInWords);
  expect(sizes).toEqual(["1 byte", "12 bytes", "1.4 kB", "12.3 MB", "250 MB", "5.0 GB"]);
});

test("one is singular, and thousands are grouped", () => {
  expect([0, 1, 2, 1200].map((count) => counted(count, "page"))).toEqual([
    "0 pages",
    "1 page",
    "2 pages",
    "1,200 pages",
  ]);
});
