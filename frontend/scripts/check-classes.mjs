// Row 5 of the page faults: every utility class that a component names exists, so that no style is missing unnoticed.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { compile } from "tailwindcss";

const source = resolve(import.meta.dirname, "../src");
const require = createRequire(import.meta.url);
const FOREIGN = /^(react-flow__|nodrag$|nowheel$|nopan$|group$|peer$|group\/|peer\/)/; // React Flow's, and markers of Tailwind
const faults = [];

async function loadStylesheet(id, base) {
  const path = id === "tailwindcss" ? require.resolve("tailwindcss/index.css") : resolve(base, id);
  return { path, base: dirname(path), content: readFileSync(path, "utf8") };
}

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const sheets = files.filter((path) => path.endsWith(".css")).map((path) => readFileSync(path, "utf8"));
const written = new Set(sheets.flatMap((text) => [...text.matchAll(/\.([\w-]+)/g)].map(([, name]) => name)));
const styles = join(source, "styles.css");

/** The classes in `className="…"` and in the strings of `classes(…)`. */
function named(text) {
  const found = [...text.matchAll(/className="([^"]*)"/g)].map(([, list]) => list);
  for (const [, call] of text.matchAll(/\bclasses\(((?:[^()]|\([^()]*\))*)\)/g)) {
    for (const { index, 0: quoted, 1: list } of call.matchAll(/"([^"]*)"/g)) {
      const compared = /[=!]==\s*$/.test(call.slice(0, index)) || /^\s*[=!]==/.test(call.slice(index + quoted.length));
      if (!compared) found.push(list);
    }
  }
  return found.flatMap((list) => list.split(/\s+/)).filter(Boolean);
}

const { build } = await compile(readFileSync(styles, "utf8"), { base: source, loadStylesheet });
for (const path of files.filter((one) => /\.tsx$/.test(one) && !/\.test\./.test(one))) {
  for (const name of new Set(named(readFileSync(path, "utf8")))) {
    if (FOREIGN.test(name) || written.has(name)) continue;
    const before = build([]).length;
    if (build([name]).length === before && !known(name))
      faults.push(`${relative(source, path)}: there is no class “${name}”`);
  }
}

/** A class that was built before adds nothing: it is looked up in what there is. */
function known(name) {
  const escaped = name.replace(/[^\w-]/g, (sign) => `\\${sign}`).replace(/^(\d)/, "\\3$1 ");
  return build([]).includes(`.${escaped}`);
}

if (faults.length) process.stderr.write(`${faults.join("\n")}\n`);
process.exit(faults.length ? 1 : 0);
