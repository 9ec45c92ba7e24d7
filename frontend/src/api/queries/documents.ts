// Documents of a stack or of a knowledge base.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "../client";
import { queryClient } from "../query-client";
import { everyItem, PAGE_SIZE, PAGED } from "./paging";

const PROCESSING_POLL_MS = 700; // between two requests for documents that are being processed

type Documents = Answer<"GET /workflows/{workflow_id}/documents">;
type Owner = { workflowId: string } | { baseId: string };

const pollInterval = (told: Documents | undefined) =>
  told?.items.some((one) => one.status === "processing") ? PROCESSING_POLL_MS : false;

/** A stack's own documents, or those of a knowledge base. */
export const documents = (of: Owner) =>
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

/** The same, newest first, a page at a time. */
export const documentPages = (of: Owner) =>
  infiniteQueryOptions({
    queryKey: ["documents", of, "paged"],
    queryFn: ({ pageParam, signal }): Promise<Documents> => {
      const query = { sort: "-created_at", skip: pageParam, limit: PAGE_SIZE } as const;
      return "workflowId" in of
        ? call("GET /workflows/{workflow_id}/documents", { path: { workflow_id: of.workflowId }, query, signal })
        : call("GET /knowledge-bases/{knowledge_base_id}/documents", {
            path: { knowledge_base_id: of.baseId },
            query,
            signal,
          });
    },
    ...PAGED,
    refetchInterval: ({ state }) => state.data?.pages.map(pollInterval).find(Boolean) ?? false,
  });

/** All of a stack's own documents, for an export. */
export const everyDocument = (workflowId: string) =>
  queryOptions({
    queryKey: ["documents", { workflowId }, "every"],
    queryFn: ({ signal }) =>
      everyItem((skip) =>
        call("GET /workflows/{workflow_id}/documents", {
          path: { workflow_id: workflowId },
          query: { skip, limit: 500 },
          signal,
        }),
      ),
    staleTime: 0,
  });

export const document = (id: string) =>
  queryOptions({
    queryKey: ["document", id],
    queryFn: ({ signal }) => call("GET /documents/{document_id}", { path: { document_id: id }, signal }),
  });

export const refreshDocuments = (of: Parameters<typeof documents>[0]) =>
  queryClient.invalidateQueries({ queryKey: documents(of).queryKey });

export async function deleteDocument(id: string, of: Owner, keepalive: boolean): Promise<void> {
  await call("DELETE /documents/{document_id}", { path: { document_id: id }, keepalive });
  await refreshDocuments(of);
}
