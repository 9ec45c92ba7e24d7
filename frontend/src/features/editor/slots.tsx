// What other features put into the settings of a node.
import { useMemo } from "react";
import type { Slots } from "@/features/config-panel";
import { part } from "@/ui/part";

const Documents = part(async () => (await import("@/features/knowledge")).Documents);

export function useSlots(workflowId: string): Slots {
  return useMemo(
    () => ({
      knowledge_base: (value) => (
        <Documents compact of={typeof value === "string" && value ? { baseId: value } : { workflowId }} />
      ),
    }),
    [workflowId],
  );
}
