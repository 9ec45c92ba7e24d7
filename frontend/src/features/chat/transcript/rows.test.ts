// Of a long list only what is seen is drawn, and the rest keeps its room.
import fc from "fast-check";
import { expect, test } from "vitest";
import { lastRows, rowsIn } from "./rows";

const heights = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 300 });
const sum = (list: ReadonlyArray<number>) => list.reduce((all, one) => all + one, 0);

test("whatever is left out is as high as what stands for it", () => {
  fc.assert(
    fc.property(heights, fc.nat(50_000), fc.nat(2000), fc.nat(1000), (all, top, view, more) => {
      const { from, to, before, after } = rowsIn(all, top, view, more);
      expect(before + sum(all.slice(from, to)) + after).toBe(sum(all));
    }),
  );
});

test("everything that is seen is drawn", () => {
  fc.assert(
    fc.property(heights, fc.nat(50_000), fc.nat(2000), (all, top, view) => {
      const { from, to } = rowsIn(all, top, view, 0);
      all.reduce((start, height, place) => {
        if (start + height > top && start < top + view) expect(place >= from && place < to).toBe(true);
        return start + height;
      }, 0);
    }),
  );
});

test("a conversation opens with its last rows, and draws few of many", () => {
  const { from, to, before, after } = lastRows(Array(1000).fill(200), 1600);
  expect([from, to, before, after]).toEqual([992, 1000, 198_400, 0]);
});
