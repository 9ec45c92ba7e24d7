// Which stacks are shown, in which order and how: words, tag and order are in the address, the view in the browser.

import { useState } from "react";
import { useSearchParams } from "@/ui/router";

export const SORTS = {
  "-updated_at": "Last changed",
  name: "Name",
  "-created_at": "Newest",
} as const;
export type Sort = keyof typeof SORTS;
export type View = "grid" | "list";

const FIRST: Sort = "-updated_at";
const VIEW = "genai-stack.stacks-view";
const isSort = (text: string | null): text is Sort => text !== null && text in SORTS;

export function useStacksView() {
  const [search, setSearch] = useSearchParams();
  const [view, setView] = useState<View>(localStorage.getItem(VIEW) === "list" ? "list" : "grid");
  const sort = search.get("sort");
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  return {
    words: search.get("q") ?? "",
    tag: search.get("tag") ?? "",
    sort: isSort(sort) ? sort : FIRST,
    view,
    setWords: (words: string) => set("q", words),
    setTag: (tag: string) => set("tag", tag),
    setSort: (next: string) => set("sort", next === FIRST ? "" : next),
    setView: (next: View) => {
      localStorage.setItem(VIEW, next);
      setView(next);
    },
  };
}

export type StacksView = ReturnType<typeof useStacksView>;
