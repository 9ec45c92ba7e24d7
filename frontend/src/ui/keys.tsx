// Keys as they are printed on a keyboard: "Mod+K" is Ctrl K, or ⌘ K on a Mac.
import { classes } from "./classes";

const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);
const SHOWN: Record<string, string> = {
  Mod: MAC ? "⌘" : "Ctrl",
  Alt: MAC ? "⌥" : "Alt",
  Shift: MAC ? "⇧" : "Shift",
  Escape: "Esc",
  Drag: "drag",
  Arrows: "← ↑ ↓ →",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

export function Keys({ of, inverted = false }: { of: string; inverted?: boolean }) {
  return (
    <span className="inline-flex gap-0.5 pointer-coarse:hidden">
      {(of === "+" ? [of] : of.split("+")).map((key) => (
        <kbd
          key={key}
          className={classes(
            "rounded border px-1 font-sans text-[0.6875rem] leading-4",
            inverted ? "border-current/35" : "border-line bg-sunken text-muted",
          )}
        >
          {SHOWN[key] ?? key}
        </kbd>
      ))}
    </span>
  );
}
