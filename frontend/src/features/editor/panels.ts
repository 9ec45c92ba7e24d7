// What is open beside the canvas. The address tells which node and which run, so that a link shows the same.
import { useCallback } from "react";
import { create } from "zustand";
import { useSearchParams } from "@/ui/router";

export type Side = "node" | "runs" | "problems" | null;

type Panels = {
  /** What stands on the right; the node's panel comes with a selection. */
  side: Side;
  tab: "settings" | "run";
  library: boolean;
  outline: boolean;
  chat: { question: string | null } | null;
};

const narrow = () => window.innerWidth < 768;

export const usePanels = create<Panels>(() => ({
  side: null,
  tab: "settings",
  library: !narrow(),
  outline: narrow(),
  chat: null,
}));

export const panels = usePanels.setState;

/** A part of the address after the “?”, and how to set it without a step in the history. */
export function useInAddress(name: string): [string | null, (value: string | null, step?: boolean) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (value: string | null, step = false) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === null) after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: !step },
      ),
    [name, setSearch],
  );
  return [search.get(name), set];
}
