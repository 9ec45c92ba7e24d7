// The library folds where the window has no room for it.
import { expect, test } from "vitest";
import { showsLibrary } from "./panels";

const chat = { question: null };

test("the library folds below 1400 pixels, and below 1700 beside the chat", () => {
  expect(showsLibrary({ library: null, chat: null }, 1280)).toBe(false);
  expect(showsLibrary({ library: null, chat: null }, 1440)).toBe(true);
  expect(showsLibrary({ library: null, chat }, 1440)).toBe(false);
  expect(showsLibrary({ library: null, chat }, 1920)).toBe(true);
});

test("what the person has chosen holds at any width", () => {
  expect(showsLibrary({ library: true, chat }, 800)).toBe(true);
  expect(showsLibrary({ library: false, chat: null }, 1920)).toBe(false);
});
