// Which rows of a long list are drawn: sums of heights, known or guessed.

export type Rows = {
  /** The first row that is drawn, and the one after the last. */
  from: number;
  to: number;
  /** Pixels that stand for the rows that are left out. */
  before: number;
  after: number;
};

/** The rows that stand between `top` and `top + view`, and so many pixels more on either side. */
export function rowsIn(heights: ReadonlyArray<number>, top: number, view: number, more: number): Rows {
  let from = 0;
  let before = 0;
  while (from < heights.length && before + (heights[from] ?? 0) < top - more) {
    before += heights[from] ?? 0;
    from += 1;
  }
  let to = from;
  let bottom = before;
  while (to < heights.length && bottom < top + view + more) {
    bottom += heights[to] ?? 0;
    to += 1;
  }
  return { from, to, before, after: sum(heights, to) };
}

/** The last rows: where a conversation is opened. */
export function lastRows(heights: ReadonlyArray<number>, view: number): Rows {
  let from = heights.length;
  let height = 0;
  while (from > 0 && height < view) {
    from -= 1;
    height += heights[from] ?? 0;
  }
  return { from, to: heights.length, before: sum(heights, 0, from), after: 0 };
}

function sum(heights: ReadonlyArray<number>, from: number, to = heights.length): number {
  let height = 0;
  for (let place = from; place < to; place += 1) height += heights[place] ?? 0;
  return height;
}
