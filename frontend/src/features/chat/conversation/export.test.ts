// A conversation as Markdown: the newest branch, with sources.
import { expect, test } from "vitest";
import type { MessageOut } from "@/api";
import { asMarkdown, fileNameOf } from "./export";

const said = (role: "user" | "assistant", id: string, content: string, parent_id: string | null): MessageOut => ({
  id,
  parent_id,
  run_id: `run-${role === "user" ? id : parent_id}`,
  role,
  content,
  metadata: role === "user" ? {} : { sources: [{ filename: "a.pdf", page: 2, text: "", document_id: "d", score: 1 }] },
  created_at: "2026-01-01T00:00:00Z",
  feedback: null,
});

test("the newest branch is written with its sources", () => {
  const messages = [
    said("user", "q1", "Old?", null),
    said("assistant", "a1", "Old.", "q1"),
    said("user", "q2", "New?", null),
    said("assistant", "a2", "New [1].", "q2"),
  ];
  expect(asMarkdown("Bees", messages)).toBe("# Bees\n\n> New?\n\nNew [1].\n\n1. a.pdf, page 2\n");
});

test("a file's name has nothing that a disk refuses", () => {
  expect([fileNameOf("What / is: it?"), fileNameOf("???")]).toEqual(["What is it", "conversation"]);
});
