// Archives are read as they were written, and damaged ones are refused.
import { expect, test } from "vitest";
import { crc32, unzip, zip } from "./zip";

const ENOUGH = { maxBytes: 1_000_000 };
const text = (content: string) => new Blob([content]);
const contents = async (archive: Blob) =>
  Promise.all((await unzip(archive, ENOUGH)).map(async ({ name, content }) => [name, await content.text()]));

/** `a.txt`, compressed by Python's zipfile: "bees " a hundred times. */
const COMPRESSED = Uint8Array.from(
  atob(
    "UEsDBBQAAAAIAAAAIQAuaEqwDAAAAPQBAAAFAAAAYS50eHRLSk0tVkgaJUYSAQBQSwECFAMUAAAACAAAACEALmhKsAwAAAD0AQAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAALwAAAAAA",
  ),
  (letter) => letter.charCodeAt(0),
);

test("crc32 is the one of the standard's check value", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("an archive is read as it was written, whatever the names", async () => {
  const archive = await zip([
    { name: "stack.json", content: text("{}") },
    { name: "documents/Überblick 漢字.md", content: text("Moss grows slowly.") },
    { name: "documents/empty.txt", content: text("") },
  ]);
  expect(await contents(archive)).toEqual([
    ["stack.json", "{}"],
    ["documents/Überblick 漢字.md", "Moss grows slowly."],
    ["documents/empty.txt", ""],
  ]);
});

test("an archive that another program compressed is read", async () => {
  expect(await contents(new Blob([COMPRESSED]))).toEqual([["a.txt", "bees ".repeat(100)]]);
});

test("an archive that unpacks to more than allowed, or than it says, is refused", async () => {
  await expect(unzip(new Blob([COMPRESSED]), { maxBytes: 499 })).rejects.toThrow("unpacks to more than 499 bytes");
  const lying = COMPRESSED.slice();
  const central = lying.findIndex((byte, at) => byte === 0x50 && lying[at + 1] === 0x4b && lying[at + 2] === 1);
  new DataView(lying.buffer).setUint32(central + 24, 10, true);
  await expect(unzip(new Blob([lying]), ENOUGH)).rejects.toThrow("damaged");
});

test("a damaged archive is refused with a sentence", async () => {
  const bytes = new Uint8Array(await (await zip([{ name: "a.txt", content: text("Moss grows.") }])).arrayBuffer());
  const changed = bytes.with(36, (bytes[36] ?? 0) ^ 1);
  for (const broken of [new Blob([changed]), new Blob([bytes.subarray(0, 30)]), text("not an archive")]) {
    await expect(unzip(broken, ENOUGH)).rejects.toThrow("The archive is damaged. Export the stack again.");
  }
});
