import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";

const backend = process.env.BACKEND ?? "http://127.0.0.1:8000";

/** Each text file of the build once more as .br and .gz, so that the server only hands them out. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    writeBundle({ dir }) {
      const folder = dir ?? "dist";
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|json|md)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const content = readFileSync(path);
        if (content.length < 512) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** KaTeX offers each font three times; every browser that runs these pages takes the first, WOFF2. */
function oneFontFormat(): Plugin {
  return {
    name: "one-font-format",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("katex") || !id.endsWith(".css")) return null;
      return code.replace(/,\s*url\([^)]*\.(woff|ttf)\)\s*format\("[a-z]+"\)/g, "");
    },
  };
}

/** What every page needs, in one file: a request for each of thirty small ones costs more than it saves. */
const EVERYWHERE = new RegExp(
  "/node_modules/(react|react-dom|scheduler|zustand|@tanstack/(query-core|react-query)|radix-ui|@radix-ui|@floating-ui|" +
    "lucide-react|aria-hidden|react-remove-scroll|react-remove-scroll-bar|react-style-singleton|use-sidecar|" +
    "use-callback-ref|get-nonce|tslib)/|/src/(ui|api)/(?!markdown|gfm|other-icon|visible|quantities|.*test)|" +
    "/src/model/(shell/(commands|theme|document-viewer|deletion|export-dialog)|node-types/(catalog|node-types)|" +
    "run/(run|running)|stack/(stacks|example)|graph/shape)\\.ts|" +
    "/src/app/(layout|routes|go-to)\\.tsx",
);

export default defineConfig({
  plugins: [react(), tailwindcss(), oneFontFormat(), precompressed()],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500, // kB: Mermaid
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "diagram.html"].map((name) => join(import.meta.dirname, name)),
      output: { codeSplitting: { groups: [{ name: "everywhere", test: EVERYWHERE }] } },
    },
  },
  server: { proxy: { "/api": { target: backend, ws: true, changeOrigin: true } } },
  test: { environment: "jsdom", setupFiles: ["src/test-setup.ts"], include: ["src/**/*.test.{ts,tsx}"] },
});
