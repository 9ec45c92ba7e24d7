// The settings of a node with what other features put under its fields.
import { useEffect } from "react";
import { ConfigPanel } from "@/features/config-panel";
import type { StackNode } from "@/model/graph/shape";
import { panels, usePanels } from "./panels";
import { useSlots } from "./slots";

type NodeSettingsProps = { workflowId: string; node: StackNode; onDelete: () => void };

export default function NodeSettings({ workflowId, node, onDelete }: NodeSettingsProps) {
  const focus = usePanels((state) => state.focus);
  useEffect(() => () => panels({ focus: null }), []);
  return <ConfigPanel node={node} slots={useSlots(workflowId)} focus={focus} onDelete={onDelete} />;
}
