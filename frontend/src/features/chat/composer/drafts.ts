// What was typed and not sent, for each conversation: it outlives the page.
import { useEffect, useRef, useState } from "react";

const KEY = "genai-stack.drafts";
const MOST_DRAFTS = 50;

type Drafts = Record<string, string>;

function all(): Drafts {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? (found as Drafts) : {};
  } catch {
    return {}; // written by another version
  }
}

export function draftOf(conversation: string): string {
  return all()[conversation] ?? "";
}

/** An empty text removes the draft; the oldest ones make room. */
export function keepDraft(conversation: string, text: string): void {
  const { [conversation]: before = "", ...others } = all();
  if (text === before) return;
  const kept = Object.entries(others).slice(1 - MOST_DRAFTS);
  localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(text ? [...kept, [conversation, text]] : kept)));
}

/** The text of the box. When a new conversation gets its id, the draft goes with it. */
export function useDraft(conversation: string, initial: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => draftOf(conversation) || initial);
  const kept = useRef(conversation);
  useEffect(() => {
    if (kept.current !== conversation) keepDraft(kept.current, "");
    kept.current = conversation;
    keepDraft(conversation, text);
  }, [conversation, text]);
  return [text, setText];
}
