// One path through the branches of a conversation.
import { expect, test } from "vitest";
import { branchesOf, choiceOf } from "./branches";

const PARENTS: Record<string, string | null> = { a: null, b1: "a", b2: "a", c: "b1", d: "c" };
const parentOf = (id: string) => PARENTS[id] ?? null;

test("without a choice the path leads to the newest question", () => {
  expect(branchesOf(["a", "b1", "b2"], parentOf, {}).path).toEqual(["a", "b2"]);
  expect(branchesOf(["a", "b1", "b2", "c"], parentOf, {}).path).toEqual(["a", "b1", "c"]);
});

test("a chosen branch is shown with what follows it", () => {
  const order = ["a", "b1", "c", "d", "b2"];
  expect(branchesOf(order, parentOf, {}).path).toEqual(["a", "b2"]);
  expect(branchesOf(order, parentOf, choiceOf("b1", parentOf, {})).path).toEqual(["a", "b1", "c", "d"]);
});

test("questions with alternatives know them all", () => {
  expect(branchesOf(["a", "b1", "b2"], parentOf, {}).siblings).toEqual({ b1: ["b1", "b2"], b2: ["b1", "b2"] });
});

test("a question whose parent is not there begins a branch of its own", () => {
  expect(branchesOf(["b1", "c"], parentOf, {}).path).toEqual(["b1", "c"]);
});

test("ten thousand questions in a row are one path", () => {
  const order = Array.from({ length: 10_000 }, (_, place) => String(place));
  const { path, siblings } = branchesOf(order, (id) => (id === "0" ? null : String(Number(id) - 1)), {});
  expect([path.length, Object.keys(siblings).length]).toEqual([10_000, 0]);
});
