// What is in view when a stack is opened, and how a node comes into view.
import { beforeEach, expect, test } from "vitest";
import { boundsOf, keepView, keptView, moveIntoView, READABLE_ZOOM, readableView } from "./view";

const node = (id: string, x: number, y: number) => ({
  id,
  position: { x, y },
  data: {},
  measured: { width: 248, height: 150 },
});
const ROW = [node("a", 0, 0), node("b", 344, 0), node("c", 688, 0), node("d", 1032, 0)];

beforeEach(() => localStorage.clear());

test("a stack that does not fit is never shown below the readable zoom, and begins at its left", () => {
  const box = boundsOf(ROW);
  if (!box) throw new Error("no box");
  const view = readableView(box, { width: 600, height: 500 });
  expect(view.zoom).toBe(READABLE_ZOOM);
  expect(view.x).toBe(32);
});

test("a stack that fits stands in the middle at its own size at most", () => {
  const box = boundsOf(ROW.slice(0, 1));
  if (!box) throw new Error("no box");
  const view = readableView(box, { width: 1000, height: 700 });
  expect(view.zoom).toBe(1);
  expect(view.x).toBe((1000 - 248) / 2);
});

test("a node comes into view by panning alone, and what is seen moves nothing", () => {
  const view = { x: 0, y: 60, zoom: 1 };
  const size = { width: 800, height: 600 };
  expect(moveIntoView({ x: 100, y: 50, width: 248, height: 150 }, view, size)).toBeNull();
  expect(moveIntoView({ x: 1000, y: 50, width: 248, height: 150 }, view, size)).toEqual({
    x: 768 - 1248,
    y: 60,
    zoom: 1,
  });
});

test("views are kept for each stack, and broken ones are none", () => {
  keepView("a", { x: 1, y: 2, zoom: 0.5 });
  keepView("b", { x: 3, y: 4, zoom: 1 });
  expect(keptView("a")).toEqual({ x: 1, y: 2, zoom: 0.5 });
  localStorage.setItem("genai-stack.views", "{");
  expect(keptView("a")).toBeNull();
});
