// An answer is cut where nothing before the cut can change any more.
import fc from "fast-check";
import { expect, test } from "vitest";
import { blocksOf } from "./blocks";

test("paragraphs, fences and lists are blocks of their own", () => {
  const text = "One.\n\nTwo.\n\n```py\na = 1\n\nb = 2\n```\n\n- x\n\n- y\n\n  more of y\n\nEnd.";
  expect(blocksOf(text)).toEqual([
    "One.\n\n",
    "Two.\n\n",
    "```py\na = 1\n\nb = 2\n```\n\n",
    "- x\n\n- y\n\n  more of y\n\n",
    "End.",
  ]);
});

const line = fc.constantFrom("word", "", "```", "~~~", "- item", "1. one", "  indented", "| a |", "# head");

test("blocks put together are the text, and those before the last stay as more is written", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(line, { maxLength: 10 }), (first, more) => {
      const before = first.join("\n");
      const after = `${before}\n${more.join("\n")}`;
      const [blocks, later] = [blocksOf(before), blocksOf(after)];
      expect(blocks.join("")).toBe(before);
      expect(later.join("")).toBe(after);
      expect(later.slice(0, Math.max(0, blocks.length - 1))).toEqual(blocks.slice(0, -1));
    }),
  );
});
