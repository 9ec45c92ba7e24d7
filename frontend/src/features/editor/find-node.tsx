// “Find in this stack”: nodes and notes by their names, types and settings.
import { StickyNote, Workflow } from "lucide-react";
import { act } from "@/features/canvas";
import { labelOf } from "@/model/graph/rules";
import { configOf, isNote } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { Palette, type PaletteItem } from "@/ui/palette";

export function FindNode({ onClose }: { onClose: () => void }) {
  const { nodes } = useStack(shownGraph);
  const catalog = useCatalog();
  const items = nodes.map(
    (node): PaletteItem =>
      isNote(node)
        ? {
            id: node.id,
            label: String(node.data["text"] ?? "").slice(0, 80) || "Empty note",
            detail: "Note",
            keywords: String(node.data["text"] ?? ""),
            icon: StickyNote,
            run: () => act.goToNode(node.id),
          }
        : {
            id: node.id,
            label: labelOf(node, catalog),
            detail: catalog.types.get(node.type ?? "")?.title ?? node.type ?? "",
            keywords: Object.values(configOf(node)).map(String).join(" "),
            icon: Workflow,
            run: () => act.goToNode(node.id),
          },
  );
  return (
    <Palette
      title="Find in this stack"
      placeholder="Find a node by its name or its settings…"
      items={items}
      nothing="Nothing in this stack matches."
      onClose={onClose}
    />
  );
}
