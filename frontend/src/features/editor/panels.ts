// What is open beside the canvas. The address tells which node and which run, so that a link shows the same.
import { useCallback } from "react";
import { create } from "zustand";
import { useSearchParams } from "@/ui/router";

export type Side = "node" | "runs" | "problems" | null;

type Panels = {
  /** What stands on the right; the node's panel comes with a selection. It covers the chat until it is closed. */
  side: Side;
  tab: "settings" | "run";
  /** Null: as the window's width allows. */
  library: boolean | null;
  outline: boolean;
  chat: { question: string | null } | null;
  /** “Find in this stack” is open. */
  finding: boolean;
  /** The field that takes the focus when the node's settings are shown. */
  focus: string | null;
};

const PHONE_WIDTH = 768;
const LIBRARY_WIDTH = 1400; // of the window from which the library is open by itself
const LIBRARY_BESIDE_CHAT_WIDTH = 1700;

export const isPhone = (): boolean => window.innerWidth < PHONE_WIDTH;

export const usePanels = create<Panels>(() => ({
  side: null,
  tab: "settings",
  library: null,
  outline: isPhone(),
  chat: null,
  focus: null,
  finding: false,
}));

export const panels = usePanels.setState;

/** Whether the library is shown in a window of this width. */
export function showsLibrary({ library, chat }: Pick<Panels, "library" | "chat">, width: number): boolean {
  return library ?? width >= (chat ? LIBRARY_BESIDE_CHAT_WIDTH : LIBRARY_WIDTH);
}

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
