// What is done with whole stacks: made, deleted with a way back.
import { queries, type WorkflowOut } from "@/api";
import { deleteWithUndo } from "../shell/deletion";

export type Draft = {
  name: string;
  description: string;
  configuration: Record<string, unknown>;
  tags?: ReadonlyArray<string>;
};

export const BLANK: Draft = { name: "New stack", description: "", configuration: { nodes: [], edges: [] } };

export const make = (draft: Draft): Promise<WorkflowOut> => queries.createWorkflow(draft);

/** Can be undone for a few seconds. */
export function deleteStack({ id, name }: { id: string; name: string }, onUndo?: () => void): void {
  deleteWithUndo({
    id,
    message: `Deleted “${name}” with its documents and conversations.`,
    remove: (keepalive) => queries.deleteWorkflow(id, keepalive),
    ...(onUndo ? { onUndo } : {}),
  });
}

/** “ Support , refunds,,support ” as tags: without blanks and repetitions, whatever their case. */
export function tagsOf(text: string): string[] {
  const tags = text
    .split(",")
    .map((tag) => tag.trim().replace(/\s+/g, " "))
    .filter(Boolean);
  const first = new Map<string, string>();
  for (const tag of tags) if (!first.has(tag.toLowerCase())) first.set(tag.toLowerCase(), tag);
  return [...first.values()];
}
