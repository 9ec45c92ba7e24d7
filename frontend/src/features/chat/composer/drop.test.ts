// Where a file goes that is dropped on a chat.
import { expect, test } from "vitest";
import { uploadPathOf } from "./drop";

const withBase = (knowledge_base_id: string | null) => ({
  nodes: [{ type: "query" }, { type: "knowledge_base", data: { config: { knowledge_base_id } } }],
});

test("files go to the Knowledge Base that the stack searches", () => {
  expect(uploadPathOf("w", withBase(null))).toBe("/workflows/w/documents");
  expect(uploadPathOf("w", withBase("b"))).toBe("/knowledge-bases/b/documents");
  expect(uploadPathOf("w", { nodes: [{ type: "query" }] })).toBeNull();
});
