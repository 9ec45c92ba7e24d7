// Holds the floors of the pages: imports point down, features do not know each other, every file says what it is.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const FLOORS = ["main", "app", "features", "model", "api", "ui"]; // top to bottom
const ALLOWED_SIDEWAYS = new Set(["main", "app", "model", "api", "ui"]);
const UI_KNOWS = new Set(["ui"]);
const source = resolve(import.meta.dirname, "../src");
const faults = [];

/** Where a file lives: its floor, and its room when the floor has rooms that do not know each other. */
function place(path) {
  const [floor, room] = relative(source, path).split("/");
  return { floor: floor.replace(/\.\w+$/, ""), room: floor === "features" ? room : "" };
}

for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.name === "test-setup.ts") continue;
  const path = join(entry.parentPath, entry.name);
  const shown = relative(source, path);
  const text = readFileSync(path, "utf8");
  const here = place(path);
  if (!FLOORS.includes(here.floor)) faults.push(`${shown}: there is no floor “${here.floor}”`);
  if (!text.startsWith("// ")) faults.push(`${shown}: its first line does not say what the file is`);
  if (/dangerouslySetInnerHTML|\.innerHTML\s*=/.test(text)) faults.push(`${shown}: puts HTML into the page`);
  for (const [, name] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
    if (!/^[.@]\/|^\.\./.test(name)) continue;
    const target = name.startsWith("@/") ? join(source, name.slice(2)) : resolve(dirname(path), name);
    if (/^\.\.\/\.\.\/tests\//.test(relative(source, target)) && /test/.test(entry.name)) continue; // shared cases
    const there = place(target);
    const [above, below] = [FLOORS.indexOf(here.floor), FLOORS.indexOf(there.floor)];
    if (below < above) faults.push(`${shown}: imports ${name} from a floor above`);
    if (here.floor === "ui" && !UI_KNOWS.has(there.floor)) faults.push(`${shown}: ui knows nothing but ui`);
    if (here.floor === there.floor && !ALLOWED_SIDEWAYS.has(here.floor) && here.room !== there.room) {
      faults.push(`${shown}: the feature “${here.room}” imports the feature “${there.room}”`);
    }
  }
}

if (faults.length) process.stderr.write(`${faults.join("\n")}\n`);
process.exit(faults.length ? 1 : 0);
