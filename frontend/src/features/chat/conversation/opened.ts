// Which conversation is opened where none is named: the last one.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "@/api";

export const NEW = "new";

/** An id; null for a new conversation; undefined while it is not known yet. */
export function useShown(workflowId: string, named: string | null): string | null | undefined {
  const found = useQuery({ ...queries.sessions(workflowId), enabled: named === null });
  const [last, setLast] = useState<string | null | undefined>(undefined);
  if (named === null && last === undefined && (found.data || found.isError)) {
    setLast(found.data?.items[0]?.id ?? null);
  }
  if (named === NEW) return null;
  return named ?? last;
}
