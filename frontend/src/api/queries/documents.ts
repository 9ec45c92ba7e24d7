// Documents of a stack or of a knowledge base.
import { queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "../client";
import { queryClient } from "../query-client";

const PROCESSING_POLL_MS = 700; // between two requests for documents that are being processed

type Documents = Answer<"GET /workflows/{workflow_id}/documents">;

const pollInterval = (told: Documents | undefined) =>
  told?.items.some((one) => one.status === "processing") ? PROCESSING_POLL_MS : false;

/** A stack's own documents, or those of a knowledge base. */
export const documents = (of: { workflowId: string } | { baseId: string }) =>
  queryOptions({
    queryKey: ["documents", of],
    queryFn: ({ signal }): Promise<Documents> =>
      "workflowId" in of
        ? call("GET /workflows/{workflow_id}/documents", {
            path: { workflow_id: of.workflowId },
            query: { limit: 500 },
            signal,
          })
        : call("GET /knowledge-bases/{knowledge_base_id}/documents", {
            path: { knowledge_base_id: of.baseId },
            query: { limit: 500 },
            signal,
          }),
    refetchInterval: ({ state }) => pollInterval(state.data),
  });

export const document = (id: string) =>
  queryOptions({
    queryKey: ["document", id],
    queryFn: ({ signal }) => call("GET /documents/{document_id}", { path: { document_id: id }, signal }),
  });

export const refreshDocuments = (of: Parameters<typeof documents>[0]) =>
  queryClient.invalidateQueries({ queryKey: documents(of).queryKey });
