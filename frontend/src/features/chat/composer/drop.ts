// A file dropped on the chat is added to the stack's Knowledge Base; the browser does not open it.
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import { queries, queryClient, sentenceOf, upload } from "@/api";
import { toast } from "@/ui/toast";

type Node = { type?: string; data?: { config?: { knowledge_base_id?: string | null } } };

/** Where files of a stack go: the first Knowledge Base that it searches; null where it searches none. */
export function uploadPathOf(workflowId: string, configuration: Record<string, unknown> | undefined): string | null {
  const nodes = (configuration?.["nodes"] ?? []) as ReadonlyArray<Node>;
  const base = nodes.find(({ type }) => type === "knowledge_base");
  if (!base) return null;
  const shared = base.data?.config?.knowledge_base_id;
  return shared ? `/knowledge-bases/${shared}/documents` : `/workflows/${workflowId}/documents`;
}

export function useFileDrop(workflowId: string) {
  const stack = useQuery(queries.workflow(workflowId));
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const add = async (files: ReadonlyArray<File>) => {
    const path = uploadPathOf(workflowId, stack.data?.configuration);
    if (!path) {
      toast("This stack has no Knowledge Base to add files to. Add one to the stack first.", { tone: "bad" });
      return;
    }
    for (const file of files) {
      try {
        await upload(path, file, () => {}, new AbortController().signal);
        toast(`“${file.name}” was added to the Knowledge Base. It can be searched once it has been read.`);
      } catch (error) {
        toast(`“${file.name}” was not added. ${sentenceOf(error)}`, { tone: "bad" });
      }
    }
    void queryClient.invalidateQueries({ queryKey: ["documents"] });
  };
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        void add([...event.dataTransfer.files]);
      },
    },
  };
}
