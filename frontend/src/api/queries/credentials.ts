// Credentials: keys of model providers, and the models that each can use.
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient } from "../query-client";

const MODELS_AGE_MS = 300_000;

export const credentials = () =>
  queryOptions({
    queryKey: ["credentials"],
    queryFn: ({ signal }) => call("GET /credentials", { query: { limit: 200 }, signal }),
  });

export const models = (credentialId: string) =>
  queryOptions({
    queryKey: ["models", credentialId],
    queryFn: ({ signal }) =>
      call("GET /credentials/{credential_id}/models", {
        path: { credential_id: credentialId },
        query: { limit: 500 },
        signal,
      }),
    staleTime: MODELS_AGE_MS,
    retry: false,
  });

export const refreshCredentials = () => queryClient.invalidateQueries({ queryKey: credentials().queryKey });

export async function deleteCredential(id: string, keepalive: boolean): Promise<void> {
  await call("DELETE /credentials/{credential_id}", { path: { credential_id: id }, keepalive });
  await refreshCredentials();
}
