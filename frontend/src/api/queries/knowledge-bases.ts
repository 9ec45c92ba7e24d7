// Knowledge bases.
import { queryOptions } from "@tanstack/react-query";
import { call } from "../client";
import { queryClient } from "../query-client";

export const knowledgeBases = () =>
  queryOptions({
    queryKey: ["knowledge-bases"],
    queryFn: ({ signal }) => call("GET /knowledge-bases", { query: { limit: 200 }, signal }),
  });

export const refreshKnowledgeBases = () => queryClient.invalidateQueries({ queryKey: knowledgeBases().queryKey });
