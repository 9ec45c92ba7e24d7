// The width of the window, as it is and as it changes.
import { useSyncExternalStore } from "react";

function subscribe(notify: () => void): () => void {
  window.addEventListener("resize", notify);
  return () => window.removeEventListener("resize", notify);
}

/** In CSS pixels. */
export const useWindowWidth = (): number => useSyncExternalStore(subscribe, () => window.innerWidth);
