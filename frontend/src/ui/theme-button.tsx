// A button that switches between light and dark.
import { Moon, Sun } from "lucide-react";
import { IconButton } from "./button";

type Shown = "dark" | "light";

export function ThemeButton({ shown, onChoose }: { shown: Shown; onChoose: (theme: Shown) => void }) {
  const other = shown === "dark" ? "light" : "dark";
  return (
    <IconButton label={`Use the ${other} theme`} onClick={() => onChoose(other)}>
      {shown === "dark" ? <Sun /> : <Moon />}
    </IconButton>
  );
}
