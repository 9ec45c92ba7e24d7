// Stacks: their lists, one of them, and their versions.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, type Given } from "../client";
import { queryClient, UNTIL_RELOAD } from "../query-client";
import type { WorkflowChange, WorkflowOut } from "../types";
import { refreshKnowledgeBases } from "./knowledge-bases";
import { PAGE_SIZE, PAGED } from "./paging";

type WorkflowQuery = Pick<NonNullable<Given<"GET /workflows">["query"]>, "q" | "tag" | "sort">;

/** A page at a time. */
export const workflowPages = (query: WorkflowQuery) =>
  infiniteQueryOptions({
    queryKey: ["workflows", "list", "paged", query],
    queryFn: ({ pageParam, signal }) =>
      call("GET /workflows", { query: { ...query, skip: pageParam, limit: PAGE_SIZE }, signal }),
    ...PAGED,
  });

/** The first ones whose name or description contains `q`, last changed first. */
export const workflows = (q = "") =>
  queryOptions({
    queryKey: ["workflows", "list", q],
    queryFn: ({ signal }) => call("GET /workflows", { query: { q, limit: PAGE_SIZE }, signal }),
  });

/** The tags that stacks have, each with how many have it. */
export const workflowTags = () =>
  queryOptions({
    queryKey: ["workflows", "list", "tags"],
    queryFn: ({ signal }) => call("GET /workflows/tags", { query: { limit: 500 }, signal }),
  });

export const workflow = (id: string) =>
  queryOptions({
    queryKey: ["workflows", "one", id],
    queryFn: ({ signal }) => call("GET /workflows/{workflow_id}", { path: { workflow_id: id }, signal }),
  });

/** As it was at a version, which never changes. */
export const workflowVersion = (id: string, number: number) =>
  queryOptions({
    queryKey: ["workflows", "version", id, number],
    queryFn: ({ signal }) =>
      call("GET /workflows/{workflow_id}/versions/{number}", { path: { workflow_id: id, number }, signal }),
    staleTime: UNTIL_RELOAD,
  });

export const refreshWorkflows = () => queryClient.invalidateQueries({ queryKey: ["workflows", "list"] });

type WorkflowDraft = {
  name: string;
  description: string;
  configuration: Record<string, unknown>;
  tags?: ReadonlyArray<string>;
};

export async function createWorkflow(draft: WorkflowDraft): Promise<WorkflowOut> {
  const made = await call("POST /workflows", { body: draft });
  queryClient.setQueryData(workflow(made.id).queryKey, made);
  void refreshWorkflows();
  return made;
}

/** Throws a Problem with status 412 where the stack has another version by now. */
export async function saveWorkflow(id: string, version: number, draft: WorkflowDraft): Promise<WorkflowOut> {
  const saved = await call("PUT /workflows/{workflow_id}", {
    path: { workflow_id: id },
    headers: { "if-match": `"${version}"` },
    body: draft,
  });
  queryClient.setQueryData(workflow(id).queryKey, saved);
  void refreshWorkflows();
  return saved;
}

/** Name, description and tags; what is left out stays as it is. */
export async function changeWorkflow(id: string, change: WorkflowChange): Promise<WorkflowOut> {
  const changed = await call("PATCH /workflows/{workflow_id}", { path: { workflow_id: id }, body: change });
  queryClient.setQueryData(workflow(id).queryKey, changed);
  void refreshKnowledgeBases();
  await refreshWorkflows();
  return changed;
}

/** With its own documents, which are not read and embedded again. */
export async function duplicateWorkflow(id: string, name?: string): Promise<WorkflowOut> {
  const body = name === undefined ? {} : { name };
  const made = await call("POST /workflows/{workflow_id}/duplicate", { path: { workflow_id: id }, body });
  void refreshKnowledgeBases();
  await refreshWorkflows();
  return made;
}

export async function deleteWorkflow(id: string, keepalive: boolean): Promise<void> {
  await call("DELETE /workflows/{workflow_id}", { path: { workflow_id: id }, keepalive });
  void refreshKnowledgeBases();
  await refreshWorkflows();
}
