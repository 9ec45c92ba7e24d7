// The line under a node's name: its model, the number of its documents, or what it is.
import { useQuery } from "@tanstack/react-query";
import { type NodeTypeOut, queries } from "@/api";
import type { Config } from "@/model/graph/shape";
import { useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { fieldsOf, settingOf } from "@/model/node-types/form";
import { subtitleOf } from "@/model/node-types/summary";

type SubtitleProps = { type: NodeTypeOut; config: Config; label: string };

export function Subtitle({ type, config, label }: SubtitleProps) {
  const { providers } = useCatalog();
  const base = fieldsOf(type).find((field) => field.widget === "knowledge_base");
  if (base) return <DocumentCount baseId={settingOf(base, config)} />;
  return subtitleOf(type, config, label, providers);
}

function DocumentCount({ baseId }: { baseId: unknown }) {
  const workflowId = useStack((state) => state.id ?? "");
  const of = typeof baseId === "string" && baseId ? { baseId } : { workflowId };
  const found = useQuery({ ...queries.documents(of), enabled: workflowId !== "" });
  const count = found.data?.total;
  if (count === undefined) return "Documents";
  return count === 0 ? "No documents yet" : count === 1 ? "1 document" : `${count.toLocaleString("en")} documents`;
}
