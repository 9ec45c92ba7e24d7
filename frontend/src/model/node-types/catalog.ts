// The catalog at hand: asked of the server once, the same object for every component.
import { useEffect } from "react";
import { create } from "zustand";
import { queries, queryClient } from "@/api";
import { type Catalog, catalogOf, NO_CATALOG } from "./node-types";

const useStored = create<{ catalog: Catalog; error: unknown }>(() => ({ catalog: NO_CATALOG, error: null }));

/** Asks for the catalog where it is not there yet. */
export async function loadCatalog(): Promise<Catalog> {
  const { catalog } = useStored.getState();
  if (catalog !== NO_CATALOG) return catalog;
  try {
    const [told, providers] = await Promise.all([
      queryClient.ensureQueryData(queries.nodeTypes()),
      queryClient.ensureQueryData(queries.providers()),
    ]);
    if (useStored.getState().catalog === NO_CATALOG) {
      useStored.setState({ catalog: catalogOf(told, providers.items), error: null });
    }
  } catch (error) {
    useStored.setState({ error });
  }
  return useStored.getState().catalog;
}

/** Empty until the server has told it. */
export function useCatalog(): Catalog {
  useEffect(() => void loadCatalog(), []);
  return useStored((state) => state.catalog);
}

export function useCatalogError(): unknown {
  return useStored((state) => state.error);
}

/** For what happens outside of components. */
export function catalogNow(): Catalog {
  return useStored.getState().catalog;
}

export function setCatalog(catalog: Catalog): void {
  useStored.setState({ catalog });
}
