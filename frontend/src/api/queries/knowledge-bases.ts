// Knowledge bases: shared ones, and those that belong to one stack.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient } from "../query-client";
import { PAGE_SIZE, PAGED } from "./paging";

/** Those that stacks can share. */
export const sharedKnowledgeBases = () =>
  queryOptions({
    queryKey: ["knowledge-bases", "shared"],
    queryFn: ({ signal }) => call("GET /knowledge-bases", { query: { shared: true, limit: 500 }, signal }),
  });

/** Shared ones, or those that belong to one stack, a page at a time. */
export const knowledgeBasePages = (shared: boolean) =>
  infiniteQueryOptions({
    queryKey: ["knowledge-bases", "paged", shared],
    queryFn: ({ pageParam, signal }) =>
      call("GET /knowledge-bases", { query: { shared, skip: pageParam, limit: PAGE_SIZE }, signal }),
    ...PAGED,
  });

export const knowledgeBase = (id: string) =>
  queryOptions({
    queryKey: ["knowledge-bases", "one", id],
    queryFn: ({ signal }) =>
      call("GET /knowledge-bases/{knowledge_base_id}", { path: { knowledge_base_id: id }, signal }),
  });

export const refreshKnowledgeBases = () => queryClient.invalidateQueries({ queryKey: ["knowledge-bases"] });

export async function deleteKnowledgeBase(id: string, keepalive: boolean): Promise<void> {
  await call("DELETE /knowledge-bases/{knowledge_base_id}", { path: { knowledge_base_id: id }, keepalive });
  await refreshKnowledgeBases();
}
