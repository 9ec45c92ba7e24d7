// The token that a guarded server asks for: asked of the person once, kept by the browser.
import { create } from "zustand";

const KEPT = "genai-stack.token";

type Asked = { asking: boolean; refused: boolean };

/** Whether the page should ask for a token now, and whether the last one was refused. */
export const useTokenPrompt = create<Asked>(() => ({ asking: false, refused: false }));

let waiting: Array<() => void> = [];

export function token(): string | null {
  return localStorage.getItem(KEPT);
}

/** Resolves when the person has given a token. `tried` is the one that was refused. */
export function askForToken(tried: string | null): Promise<void> {
  if (token() !== tried) return Promise.resolve();
  useTokenPrompt.setState({ asking: true, refused: tried !== null });
  return new Promise((resolve) => waiting.push(resolve));
}

export function giveToken(given: string): void {
  localStorage.setItem(KEPT, given);
  useTokenPrompt.setState({ asking: false });
  const goOn = waiting;
  waiting = [];
  for (const one of goOn) one();
}
