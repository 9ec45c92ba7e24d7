// The menu of the right mouse button: what can be done with the node, the edge, the selection, or the canvas.
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  ClipboardPaste,
  Copy,
  CopyPlus,
  Maximize,
  Network,
  Pencil,
  Plus,
  Redo2,
  Scissors,
  SquareDashedMousePointer,
  StickyNote,
  Trash2,
  Undo2,
} from "lucide-react";
import type { ReactNode } from "react";
import { remove } from "@/model/graph/edits";
import { edit, redo, undo, useStack } from "@/model/graph/store";
import { type MenuItem, PointerMenu } from "@/ui/menu";
import { toast } from "@/ui/toast";
import * as act from "./actions";
import { setCanvasState, useCanvasState } from "./canvas-state";

/** The clipboard by menu: pages that are not served safely may not read it, but the keys always work. */
async function pasteAt(at: { x: number; y: number }): Promise<void> {
  try {
    if (!act.pasteText(await navigator.clipboard.readText(), at)) toast("There are no nodes on the clipboard.");
  } catch {
    toast("The browser does not allow this page to read the clipboard. Press Ctrl+V (Cmd+V) instead.");
  }
}

async function copy(cut: boolean): Promise<void> {
  const text = act.copyText();
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    if (cut) act.removeSelected();
  } catch {
    toast("The browser does not allow this page to write to the clipboard. Press Ctrl+C (Cmd+C) instead.");
  }
}

const ofNodes = (): MenuItem[] => [
  { label: "Copy", icon: Copy, keys: "Mod+C", onSelect: () => void copy(false) },
  { label: "Cut", icon: Scissors, keys: "Mod+X", onSelect: () => void copy(true) },
  { label: "Duplicate", icon: CopyPlus, keys: "Mod+D", onSelect: act.duplicateSelected },
  "line",
  { label: "Delete", icon: Trash2, keys: "Delete", danger: true, onSelect: () => act.removeSelected() },
];

const ofSelection = (): MenuItem[] => [
  { label: "Align left", icon: AlignStartVertical, onSelect: () => act.alignSelected("left") },
  { label: "Align centers", icon: AlignCenterVertical, onSelect: () => act.alignSelected("center") },
  { label: "Align right", icon: AlignEndVertical, onSelect: () => act.alignSelected("right") },
  { label: "Align top", icon: AlignStartHorizontal, onSelect: () => act.alignSelected("top") },
  { label: "Align middles", icon: AlignCenterHorizontal, onSelect: () => act.alignSelected("middle") },
  { label: "Align bottom", icon: AlignEndHorizontal, onSelect: () => act.alignSelected("bottom") },
  {
    label: "Distribute horizontally",
    icon: AlignHorizontalDistributeCenter,
    onSelect: () => act.distributeSelected("x"),
  },
  { label: "Distribute vertically", icon: AlignVerticalDistributeCenter, onSelect: () => act.distributeSelected("y") },
  { label: "Tidy up selection", icon: Network, keys: "Shift+L", onSelect: () => void act.tidy() },
  "line",
  ...ofNodes(),
];

function ofCanvas(at: { x: number; y: number }): MenuItem[] {
  const { past, future } = useStack.getState();
  return [
    {
      label: "Add a component…",
      icon: Plus,
      keys: "/",
      onSelect: () => setCanvasState({ adding: { kind: "node", at } }),
    },
    { label: "Add a note", icon: StickyNote, keys: "Shift+S", onSelect: () => act.addNote(at) },
    { label: "Paste", icon: ClipboardPaste, keys: "Mod+V", onSelect: () => void pasteAt(at) },
    "line",
    { label: "Undo", icon: Undo2, keys: "Mod+Z", disabled: !past.length, onSelect: undo },
    { label: "Redo", icon: Redo2, keys: "Mod+Shift+Z", disabled: !future.length, onSelect: redo },
    "line",
    { label: "Select all", icon: SquareDashedMousePointer, keys: "Mod+A", onSelect: act.selectAll },
    { label: "Tidy up the layout", icon: Network, keys: "Shift+L", onSelect: () => void act.tidy() },
    { label: "Show everything", icon: Maximize, keys: "1", onSelect: act.fitAll },
  ];
}

export function CanvasMenu({ children }: { children: ReactNode }) {
  const { kind, id, at } = useCanvasState((state) => state.menu);
  const pastRun = useStack((state) => state.pastRun !== null);
  const items: MenuItem[] = pastRun
    ? [{ label: "Show everything", icon: Maximize, keys: "1", onSelect: act.fitAll }]
    : kind === "edge"
      ? [
          {
            label: "Insert a component…",
            icon: Plus,
            onSelect: () => setCanvasState({ adding: { kind: "between", edge: id } }),
          },
          {
            label: "Delete edge",
            icon: Trash2,
            keys: "Delete",
            danger: true,
            onSelect: () => edit((graph) => remove(graph, new Set([id]))),
          },
        ]
      : kind === "selection"
        ? ofSelection()
        : kind === "node"
          ? [{ label: "Rename", icon: Pencil, keys: "F2", onSelect: act.renameSelected }, "line", ...ofNodes()]
          : ofCanvas(at);
  return <PointerMenu items={items}>{children}</PointerMenu>;
}
