// Highlighted code, in a piece of its own. The result is a tree, never HTML.
import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import type { ReactNode } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";

const highlighter = createLowlight(common);

/** Null for a language that is not known. */
export function highlighted(code: string, language: string): ReactNode | null {
  if (!highlighter.registered(language)) return null;
  return toJsxRuntime(highlighter.highlight(language, code), { Fragment, jsx, jsxs });
}
