// Conversations with a stack (the API calls them sessions).
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient } from "../query-client";

export const sessions = (workflowId: string) =>
  queryOptions({
    queryKey: ["sessions", workflowId],
    queryFn: ({ signal }) =>
      call("GET /workflows/{workflow_id}/sessions", {
        path: { workflow_id: workflowId },
        query: { limit: 500 },
        signal,
      }),
  });

export const refreshSessions = (workflowId: string) =>
  queryClient.invalidateQueries({ queryKey: sessions(workflowId).queryKey });

export async function deleteSession(id: string, workflowId: string, keepalive: boolean): Promise<void> {
  await call("DELETE /sessions/{session_id}", { path: { session_id: id }, keepalive });
  await refreshSessions(workflowId);
}
