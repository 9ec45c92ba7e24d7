// Where “go to anything” leads beside stacks and pages: the page that is open says so.
export type Goal = { id: string; label: string; detail: string; run: () => void };

const NOWHERE = (): Goal[] => [];

export const going: { here: () => Goal[] } = { here: NOWHERE };

/** Until the function that it answers with is called. */
export function leadsTo(here: () => Goal[]): () => void {
  going.here = here;
  return () => {
    if (going.here === here) going.here = NOWHERE;
  };
}
