// Node types, their port types, templates and providers: they change only with the server.
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { UNTIL_RELOAD } from "../query-client";

export const nodeTypes = () =>
  queryOptions({
    queryKey: ["node-types"],
    queryFn: ({ signal }) => call("GET /node-types", { signal }),
    staleTime: UNTIL_RELOAD,
  });

export const templates = () =>
  queryOptions({
    queryKey: ["templates"],
    queryFn: ({ signal }) => call("GET /templates", { signal }),
    staleTime: UNTIL_RELOAD,
  });

export const providers = () =>
  queryOptions({
    queryKey: ["providers"],
    queryFn: ({ signal }) => call("GET /providers", { signal }),
    staleTime: UNTIL_RELOAD,
  });
