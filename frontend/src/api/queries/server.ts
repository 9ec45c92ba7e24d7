// Which server this is, and how its parts are doing.
import { queryOptions } from "@tanstack/react-query";
import { send } from "../client";
import type { Calls, Readiness } from "../types";

const READINESS_POLL_MS = 5_000;

/** The server's version, as its own description says. */
export const version = () =>
  queryOptions({
    queryKey: ["version"],
    queryFn: async (): Promise<string> => {
      const response = await send("GET /openapi.json" as keyof Calls, {});
      return ((await response.json()) as { info: { version: string } }).info.version;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

export const readiness = () =>
  queryOptions({
    queryKey: ["readiness"],
    queryFn: async ({ signal }): Promise<Readiness> => (await fetch("/readyz", { signal })).json(),
    staleTime: 0,
    retry: false,
    refetchInterval: READINESS_POLL_MS,
  });
