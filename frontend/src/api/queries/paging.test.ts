// Pages follow each other until the list is whole.
import { expect, test } from "vitest";
import { everyItem, nextSkip } from "./paging";

const NUMBERS = [1, 2, 3, 4, 5];
const page = async (skip: number) => ({ items: NUMBERS.slice(skip, skip + 2), total: NUMBERS.length, skip });

test("the next page starts where this one ends, until the last", () => {
  expect(nextSkip({ items: [1, 2], total: 5, skip: 0 })).toBe(2);
  expect(nextSkip({ items: [5], total: 5, skip: 4 })).toBeUndefined();
  expect(nextSkip({ items: [], total: 5, skip: 4 })).toBeUndefined(); // deleted meanwhile
});

test("every item is asked for once", async () => {
  expect(await everyItem(page)).toEqual(NUMBERS);
});
