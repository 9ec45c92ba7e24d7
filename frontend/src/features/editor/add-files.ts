// Files that were dropped on the canvas: they go to the knowledge base of the stack.
import { act } from "@/features/canvas";
import { configOf } from "@/model/graph/shape";
import { useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { fieldsOf, settingOf } from "@/model/node-types/form";
import { send } from "@/model/stack/uploads";
import { toast } from "@/ui/toast";
import { panels } from "./panels";

/** To the first knowledge base in the stack, which is added where there is none. */
export function addFiles(workflowId: string, files: ReadonlyArray<File>): void {
  const catalog = catalogNow();
  const base = [...catalog.types.values()].find((type) => chooserOf(type));
  if (!base) {
    toast("This server has no component that takes files.", { tone: "bad" });
    return;
  }
  const { nodes } = useStack.getState().graph;
  const present = nodes.find((node) => chooserOf(catalog.types.get(node.type ?? "")));
  const id = present?.id ?? act.add(base);
  if (!id) return;
  const field = chooserOf(base);
  const chosen = present && field ? settingOf(field, configOf(present)) : null;
  const to = typeof chosen === "string" && chosen ? { baseId: chosen } : { workflowId };
  send(to, files);
  act.goToNode(id);
  panels({ side: "node", tab: "settings" });
}

const chooserOf = (type: Parameters<typeof fieldsOf>[0]) =>
  fieldsOf(type).find((field) => field.widget === "knowledge_base");
