// The keys of the canvas. None fires while a text field has the focus, or a dialog is open.

import { select } from "@/model/graph/edits";
import { redo, touch, undo, useStack } from "@/model/graph/store";
import * as act from "./actions";
import { setCanvasState } from "./canvas-state";

export type Shortcut = {
  keys: string;
  label: string;
  group: "Edit" | "View" | "Go";
  run: (event: KeyboardEvent) => void;
};
export type Outside = { chat: () => void; close: () => void; find: () => void; save: () => void };

/** Every key, in the order in which the overlay lists them. Copy, cut and paste come as the browser's own events. */
export function shortcuts(outside: Outside): ReadonlyArray<Shortcut> {
  const listed = (
    keys: string,
    label: string,
    group: Shortcut["group"],
    run: Shortcut["run"] = () => {},
  ): Shortcut => ({
    keys,
    label,
    group,
    run,
  });
  return [
    listed("Mod+Enter", "Run: open the chat", "Go", outside.chat),
    listed("Mod+S", "Save now", "Edit", outside.save),
    listed("Mod+F", "Find in this stack", "Go", outside.find),
    listed("Space+Drag", "Move the canvas", "View"),
    listed("Mod+K", "Go to anything", "Go"),
    listed("/", "Add a component", "Edit", () => setCanvasState({ adding: { kind: "node", at: null } })),
    listed("Shift+S", "Add a note", "Edit", () => act.addNote()),
    listed("Mod+Z", "Undo", "Edit", undo),
    listed("Mod+Shift+Z", "Redo", "Edit", redo),
    listed("Mod+Y", "Redo", "Edit", redo),
    listed("Mod+C", "Copy", "Edit"),
    listed("Mod+X", "Cut", "Edit"),
    listed("Mod+V", "Paste", "Edit"),
    listed("Mod+D", "Duplicate", "Edit", act.duplicateSelected),
    listed("Mod+A", "Select all", "Edit", act.selectAll),
    listed("Delete", "Delete", "Edit", () => act.removeSelected()),
    listed("Backspace", "Delete", "Edit", () => act.removeSelected()),
    listed("F2", "Rename", "Edit", act.renameSelected),
    listed("Shift+L", "Tidy up the layout", "Edit", () => void act.tidy()),
    listed("Arrows", "Move the selection", "Edit"),
    listed("Alt+ArrowRight", "Next node along the edge", "Go", () => act.walk("ArrowRight")),
    listed("Alt+ArrowLeft", "Previous node along the edge", "Go", () => act.walk("ArrowLeft")),
    listed("Alt+ArrowDown", "Next sibling", "Go", () => act.walk("ArrowDown")),
    listed("Alt+ArrowUp", "Previous sibling", "Go", () => act.walk("ArrowUp")),
    listed("1", "Show everything", "View", act.fitAll),
    listed(".", "Show the selection", "View", act.fitSelection),
    listed("+", "Zoom in", "View", act.zoomIn),
    listed("-", "Zoom out", "View", act.zoomOut),
    listed("?", "Show keyboard shortcuts", "View", () => setCanvasState({ keysShown: true })),
    listed("Escape", "Close the panel", "View", () => {
      if (document.querySelector("[data-radix-popper-content-wrapper]")) return;
      touch((graph) => select(graph, new Set()));
      outside.close();
    }),
  ];
}

function fits(shortcut: Shortcut, event: KeyboardEvent): boolean {
  const parts = shortcut.keys.split("+");
  const key = shortcut.keys === "+" ? "+" : (parts.at(-1) ?? "");
  const wanted = new Set(shortcut.keys === "+" ? [] : parts.slice(0, -1));
  if (wanted.has("Mod") !== (event.ctrlKey || event.metaKey) || wanted.has("Alt") !== event.altKey) return false;
  const letter = /^[a-z]$/i.test(key);
  if (letter || key.length > 1) {
    return wanted.has("Shift") === event.shiftKey && event.key.toLowerCase() === key.toLowerCase();
  }
  return event.key === key || (key === "+" && event.key === "=");
}

const TYPED = "input, textarea, select, [contenteditable=true], [role=textbox]";

/** Whether the keys belong to something else at this moment. */
export function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]')) return true;
  return target instanceof Element && target.closest(TYPED) !== null;
}

const PRESSED_ON_BUTTONS = new Set(["Enter", " "]);

export function listen(list: ReadonlyArray<Shortcut>): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
    if (PRESSED_ON_BUTTONS.has(event.key) && !(event.ctrlKey || event.metaKey)) return;
    const found = list.find((one) => fits(one, event));
    if (
      !found ||
      found.keys === "Mod+K" ||
      /^Mod\+[CXV]$/.test(found.keys) ||
      found.keys === "Arrows" ||
      found.keys === "Space+Drag"
    )
      return;
    event.preventDefault();
    event.stopPropagation();
    found.run(event);
  };
  const onCopy = (event: ClipboardEvent) => {
    if (isTyping(event.target) || !document.getSelection()?.isCollapsed) return;
    const text = act.copyText();
    if (!text) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    if (event.type === "cut") act.removeSelected();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (isTyping(event.target) || useStack.getState().id === null) return;
    if (act.pasteText(event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
  };
  document.addEventListener("keydown", onKey, true); // before React Flow takes Alt and an arrow for a move
  document.addEventListener("copy", onCopy);
  document.addEventListener("cut", onCopy);
  document.addEventListener("paste", onPaste);
  return () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("copy", onCopy);
    document.removeEventListener("cut", onCopy);
    document.removeEventListener("paste", onPaste);
  };
}
