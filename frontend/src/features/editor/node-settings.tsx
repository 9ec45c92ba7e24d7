// The settings of a node with what other features put under its fields.
import { ConfigPanel } from "@/features/config-panel";
import type { StackNode } from "@/model/graph/shape";
import { useSlots } from "./slots";

type NodeSettingsProps = { workflowId: string; node: StackNode; onDelete: () => void };

export default function NodeSettings({ workflowId, node, onDelete }: NodeSettingsProps) {
  return <ConfigPanel node={node} slots={useSlots(workflowId)} onDelete={onDelete} />;
}
