// The client that keeps what the server answered, with its rules for retries and age.
import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./problem";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      networkMode: "always",
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status < 500),
    },
    mutations: { networkMode: "always" },
  },
});

/** For what changes only with the server's version. */
export const UNTIL_RELOAD = Number.POSITIVE_INFINITY;
