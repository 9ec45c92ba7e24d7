// What other features put into the settings of a node.
import { useMemo } from "react";
import type { Slots } from "@/features/config-panel";

export function useSlots(_workflowId: string): Slots {
  return useMemo(() => ({}), []);
}
