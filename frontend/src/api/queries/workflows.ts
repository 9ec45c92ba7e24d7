// Stacks: their lists, one of them, and their versions.
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient, UNTIL_RELOAD } from "../query-client";
import type { WorkflowOut } from "../types";

export const workflows = (q = "") =>
  queryOptions({
    queryKey: ["workflows", "list", q],
    queryFn: ({ signal }) => call("GET /workflows", { query: { q, limit: 200 }, signal }),
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

type WorkflowDraft = { name: string; description: string; configuration: Record<string, unknown> };

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
