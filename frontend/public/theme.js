// Runs before the first paint: what the person chose, or else what the system prefers.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("genai-stack.theme");
  } catch {
    chosen = null;
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
