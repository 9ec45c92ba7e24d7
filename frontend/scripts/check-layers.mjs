// Holds the layers of the pages: imports point down, features do not know each other, every file says what it is.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const LAYERS = ["main", "app", "features", "model", "api", "ui"]; // top to bottom
const COMPOSING = new Set(["editor", "settings"]); // features that are made of other features
const MOST_LINES = 300;
const source = resolve(import.meta.dirname, "../src");
const faults = [];

/** The layer of a file, and its feature where it is part of one. */
function place(path) {
  const [layer, feature] = relative(source, path).split("/");
  return { layer: layer.replace(/\.\w+$/, ""), feature: layer === "features" ? feature : "" };
}

for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.name === "test-setup.ts") continue;
  const path = join(entry.parentPath, entry.name);
  const shown = relative(source, path);
  const text = readFileSync(path, "utf8");
  const here = place(path);
  if (!LAYERS.includes(here.layer)) faults.push(`${shown}: there is no layer “${here.layer}”`);
  if (!text.startsWith("// ")) faults.push(`${shown}: its first line does not say what the file is`);
  if (text.split("\n").length > MOST_LINES + 1) faults.push(`${shown}: has more than ${MOST_LINES} lines`);
  if (/dangerouslySetInnerHTML|\.innerHTML\s*=/.test(text)) faults.push(`${shown}: puts HTML into the page`);
  for (const [, name] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
    if (!/^[.@]\/|^\.\./.test(name)) continue;
    const target = name.startsWith("@/") ? join(source, name.slice(2)) : resolve(dirname(path), name);
    if (/^\.\.\/\.\.\/tests\//.test(relative(source, target)) && /test/.test(entry.name)) continue; // shared cases
    const there = place(target);
    const [above, below] = [LAYERS.indexOf(here.layer), LAYERS.indexOf(there.layer)];
    if (below < above) faults.push(`${shown}: imports ${name} from a layer above`);
    if (here.layer === "ui" && there.layer !== "ui") faults.push(`${shown}: ui knows nothing but ui`);
    if (here.layer === "features" && there.layer === "features" && here.feature !== there.feature) {
      if (!COMPOSING.has(here.feature) || COMPOSING.has(there.feature)) {
        faults.push(`${shown}: the feature “${here.feature}” imports the feature “${there.feature}”`);
      }
    }
  }
}

if (faults.length) process.stderr.write(`${faults.join("\n")}\n`);
process.exit(faults.length ? 1 : 0);
