// Dark or light: what the person chose, or else what the system says. `public/theme.js` does the same before the first paint.
import { create } from "zustand";

export type Theme = "system" | "light" | "dark";
const KEPT = "genai-stack.theme";

const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const kept = (): Theme => {
  const found = localStorage.getItem(KEPT);
  return found === "light" || found === "dark" ? found : "system";
};
const shownFor = (chosen: Theme) => (chosen === "system" ? system() : chosen);

export const useTheme = create<{ chosen: Theme; shown: "light" | "dark" }>(() => ({
  chosen: kept(),
  shown: shownFor(kept()),
}));

export function chooseTheme(chosen: Theme): void {
  if (chosen === "system") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, chosen);
  useTheme.setState({ chosen, shown: shownFor(chosen) });
  document.documentElement.dataset["theme"] = shownFor(chosen);
}

/** Called once: goes with the system while nothing is chosen, and with other tabs. */
export function followSystemTheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chooseTheme(useTheme.getState().chosen));
  window.addEventListener("storage", ({ key }) => {
    if (key === KEPT) chooseTheme(kept());
  });
}
