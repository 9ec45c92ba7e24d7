// What can be done with a stack in the list, as a menu.
import { Copy, Download, MessageSquare, Pencil, Trash2 } from "lucide-react";
import { call, queries, sentenceOf, type WorkflowItem } from "@/api";
import { askExport } from "@/model/shell/export-dialog";
import { deleteStack } from "@/model/stack/stacks";
import type { MenuItem } from "@/ui/menu";
import { navigate } from "@/ui/router";
import { toast } from "@/ui/toast";

const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });

export function actionsFor(stack: WorkflowItem, onEdit: () => void): MenuItem[] {
  const copy = () =>
    queries.duplicateWorkflow(stack.id).then((made) => toast(`Created “${made.name}”.`, { tone: "good" }), failed);
  const save = () =>
    call("GET /workflows/{workflow_id}", { path: { workflow_id: stack.id } }).then(
      (found) => askExport({ id: stack.id, stack: found }),
      failed,
    );
  return [
    { label: "Open chat", icon: MessageSquare, onSelect: () => navigate(`/chat/${stack.id}`) },
    { label: "Edit details…", icon: Pencil, onSelect: onEdit },
    { label: "Duplicate", icon: Copy, onSelect: () => void copy() },
    { label: "Export…", icon: Download, onSelect: () => void save() },
    "line",
    { label: "Delete", icon: Trash2, danger: true, onSelect: () => deleteStack(stack) },
  ];
}
