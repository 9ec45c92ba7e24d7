// What the server knows, as queries: one key and one function for each.
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { type Answer, call } from "./client";
import { Problem } from "./problem";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      networkMode: "always",
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
    },
    mutations: { networkMode: "always" },
  },
});

const AGES = Number.POSITIVE_INFINITY;

/** Node types and port types; they change only with the server. */
export const nodeTypes = () =>
  queryOptions({
    queryKey: ["node-types"],
    queryFn: ({ signal }) => call("GET /node-types", { signal }),
    staleTime: AGES,
  });

export const templates = () =>
  queryOptions({
    queryKey: ["templates"],
    queryFn: ({ signal }) => call("GET /templates", { signal }),
    staleTime: AGES,
  });

export const providers = () =>
  queryOptions({
    queryKey: ["providers"],
    queryFn: ({ signal }) => call("GET /providers", { signal }),
    staleTime: AGES,
  });

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

export const credentials = () =>
  queryOptions({
    queryKey: ["credentials"],
    queryFn: ({ signal }) => call("GET /credentials", { query: { limit: 200 }, signal }),
  });

export const models = (credentialId: string, baseUrl: string | null) =>
  queryOptions({
    queryKey: ["models", credentialId, baseUrl],
    queryFn: ({ signal }) =>
      call("GET /credentials/{credential_id}/models", {
        path: { credential_id: credentialId },
        query: { base_url: baseUrl, limit: 500 },
        signal,
      }),
    staleTime: 300_000,
    retry: false,
  });

export const knowledgeBases = () =>
  queryOptions({
    queryKey: ["knowledge-bases"],
    queryFn: ({ signal }) => call("GET /knowledge-bases", { query: { limit: 200 }, signal }),
  });

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

const WATCHED = 700; // milliseconds between two looks at documents that are being taken in

type Documents = Answer<"GET /workflows/{workflow_id}/documents">;

/** While one of them is being taken in, they are asked for again and again. */
const watched = (told: Documents | undefined) =>
  told?.items.some((one) => one.status === "processing") ? WATCHED : false;

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
    refetchInterval: ({ state }) => watched(state.data),
  });

export const document = (id: string) =>
  queryOptions({
    queryKey: ["document", id],
    queryFn: ({ signal }) => call("GET /documents/{document_id}", { path: { document_id: id }, signal }),
  });
