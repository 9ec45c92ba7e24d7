// Drafts are kept for each conversation.
import { beforeEach, expect, test } from "vitest";
import { draftOf, keepDraft } from "./drafts";

beforeEach(() => localStorage.clear());

test("each conversation has a draft of its own, and an empty one is none", () => {
  keepDraft("a", "half a question");
  keepDraft("b", "another");
  expect([draftOf("a"), draftOf("b"), draftOf("c")]).toEqual(["half a question", "another", ""]);
  keepDraft("a", "");
  expect([draftOf("a"), draftOf("b")]).toEqual(["", "another"]);
});

test("the oldest drafts make room for new ones", () => {
  for (let number = 0; number < 60; number += 1) keepDraft(`c${number}`, "text");
  expect([draftOf("c0"), draftOf("c59")]).toEqual(["", "text"]);
});

test("what another version wrote is no draft", () => {
  localStorage.setItem("genai-stack.drafts", "[1");
  expect(draftOf("a")).toBe("");
});
