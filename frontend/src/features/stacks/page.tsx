// The page of all stacks; on the very first visit, the example.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { queries } from "@/api";
import { exampleFor, hasVisited } from "@/model/stack/example";
import { FirstVisit } from "./first-visit";

// A piece of its own: a first visit goes on to the example, and does not need it.
const loadMyStacks = () => import("./my-stacks");
const MyStacks = lazy(async () => ({ default: (await loadMyStacks()).MyStacks }));

export default function Page() {
  const found = useQuery(queries.workflows());
  const [stays, setStays] = useState(false);
  const stay = useCallback(() => setStays(true), []);
  useEffect(() => {
    if (hasVisited()) void loadMyStacks();
  }, []);
  const example = stays || !found.data ? null : exampleFor(found.data.items);
  if (example) return <FirstVisit id={example.id} otherwise={stay} />;
  if (found.isPending && !stays && !hasVisited()) return null;
  return (
    <Suspense>
      <MyStacks />
    </Suspense>
  );
}
