// The catalog for components: asked of the server once, then at hand everywhere.
import { useQuery } from "@tanstack/react-query";
import { ask } from "@/api";
import { type Catalog, catalogOf, NO_CATALOG } from "./node-types";

let told: unknown = null;
let read: Catalog = NO_CATALOG;

/** The same object for the same answer, so that what is memoised on it stays. */
function catalogFor(answer: Parameters<typeof catalogOf>[0] | undefined): Catalog {
  if (answer && answer !== told) {
    told = answer;
    read = catalogOf(answer);
  }
  return answer ? read : NO_CATALOG;
}

export function useCatalog(): Catalog {
  return catalogFor(useQuery(ask.nodeTypes()).data);
}

/** For what happens outside of components; empty until it was asked. */
export function catalogNow(): Catalog {
  return read;
}
