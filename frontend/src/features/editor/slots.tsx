// What other features put into the settings of a node.
import { lazy, Suspense, useMemo } from "react";
import type { Slots } from "@/features/config-panel";

const Documents = lazy(async () => ({ default: (await import("@/features/knowledge")).Documents }));

export function useSlots(workflowId: string): Slots {
  return useMemo(
    () => ({
      knowledge_base: (value) => (
        <Suspense>
          <Documents compact of={typeof value === "string" && value ? { baseId: value } : { workflowId }} />
        </Suspense>
      ),
    }),
    [workflowId],
  );
}
