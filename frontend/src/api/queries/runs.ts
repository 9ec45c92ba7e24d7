// Runs of a stack.
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient } from "../query-client";

export const runs = (workflowId: string) =>
  queryOptions({
    queryKey: ["runs", workflowId],
    queryFn: ({ signal }) =>
      call("GET /workflows/{workflow_id}/runs", { path: { workflow_id: workflowId }, query: { limit: 50 }, signal }),
  });

export const run = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => call("GET /runs/{run_id}", { path: { run_id: id }, signal }),
  });

export const refreshRuns = (workflowId: string) =>
  queryClient.invalidateQueries({ queryKey: runs(workflowId).queryKey });
