// ZIP archives: written without compression, read with or without it (APPNOTE 6.3, without ZIP64 and encryption).
export type Entry = { name: string; content: Blob };

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const UTF8 = 0x0800;
const ENCRYPTED = 0x0001;
const STORED = 0;
const DEFLATED = 8;
const JANUARY_1980 = 0x0021; // the first date that the format knows
const MAX_BYTES = 0xffffffff;
const MAX_ENTRIES = 0xffff;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (CRC_TABLE[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

/** Fields one after another, little-endian: `[value, bytes]`. */
function packed(...fields: ReadonlyArray<readonly [value: number, bytes: 2 | 4]>): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

export async function zip(entries: ReadonlyArray<Entry>): Promise<Blob> {
  const parts: BlobPart[] = [];
  const central: BlobPart[] = [];
  let offset = 0;
  let centralBytes = 0;
  for (const { name, content } of entries) {
    const label = new TextEncoder().encode(name);
    const crc = crc32(new Uint8Array(await content.arrayBuffer()));
    const shared = [
      [20, 2],
      [UTF8, 2],
      [STORED, 2],
      [0, 2],
      [JANUARY_1980, 2],
      [crc, 4],
      [content.size, 4],
      [content.size, 4],
      [label.length, 2],
      [0, 2],
    ] as const;
    parts.push(packed([LOCAL, 4], ...shared), label, content);
    central.push(packed([CENTRAL, 4], [20, 2], ...shared, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), label);
    offset += LOCAL_BYTES + label.length + content.size;
    centralBytes += CENTRAL_BYTES + label.length;
  }
  if (entries.length > MAX_ENTRIES || offset + centralBytes > MAX_BYTES) {
    throw new Error("The documents are larger than 4 GB, the limit for one file. Export without them.");
  }
  const count = entries.length;
  const end = packed([END, 4], [0, 2], [0, 2], [count, 2], [count, 2], [centralBytes, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...central, end], { type: "application/zip" });
}

/** Its files, checked against their sums. Throws a sentence. */
export async function unzip(archive: Blob, { maxBytes }: { maxBytes: number }): Promise<Entry[]> {
  const bytes = new Uint8Array(await archive.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const entries: Entry[] = [];
  let room = maxBytes;
  try {
    const end = endOf(view);
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
      if (view.getUint32(at, true) !== CENTRAL) throw new RangeError("no entry");
      const header = headerAt(view, at);
      const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + header.nameBytes));
      at += CENTRAL_BYTES + header.nameBytes + header.extraBytes;
      if (name.endsWith("/")) continue;
      room -= header.size;
      if (room < 0) throw new Error(`The archive unpacks to more than ${maxBytes.toLocaleString("en")} bytes.`);
      entries.push({ name, content: new Blob([await contentOf(bytes, view, name, header)]) });
    }
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error("The archive is damaged. Export the stack again.", { cause: error });
    throw error;
  }
  return entries;
}

function endOf(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= 0; at -= 1) if (view.getUint32(at, true) === END) return at;
  throw new RangeError("no end");
}

type Header = ReturnType<typeof headerAt>;

const headerAt = (view: DataView, at: number) => ({
  flags: view.getUint16(at + 8, true),
  method: view.getUint16(at + 10, true),
  crc: view.getUint32(at + 16, true),
  packedSize: view.getUint32(at + 20, true),
  size: view.getUint32(at + 24, true),
  nameBytes: view.getUint16(at + 28, true),
  extraBytes: view.getUint16(at + 30, true) + view.getUint16(at + 32, true),
  offset: view.getUint32(at + 42, true),
});

async function contentOf(bytes: Uint8Array<ArrayBuffer>, view: DataView, name: string, header: Header) {
  if (header.flags & ENCRYPTED) throw new Error(`“${name}” in the archive is encrypted. Export the stack again.`);
  const start =
    header.offset + LOCAL_BYTES + view.getUint16(header.offset + 26, true) + view.getUint16(header.offset + 28, true);
  const stored = bytes.subarray(start, start + header.packedSize);
  if (header.method !== STORED && header.method !== DEFLATED) {
    throw new Error(`“${name}” in the archive is compressed in a way that cannot be read. Export the stack again.`);
  }
  const content = header.method === STORED ? stored : await inflated(stored, header.size);
  if (content.length !== header.size || crc32(content) !== header.crc) throw new RangeError("other content");
  return content;
}

/** Stops at `size` bytes: what an archive says of itself is not believed. */
async function inflated(stored: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(size);
  const { body } = new Response(stored);
  if (!body) return content;
  const reader = body.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new RangeError("cannot be inflated", { cause: error });
    });
    if (done) return content.subarray(0, at);
    if (at + value.length > size) throw new RangeError("longer than it says");
    content.set(value, at);
    at += value.length;
  }
}
