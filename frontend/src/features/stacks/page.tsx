// The page of all stacks; on the very first visit, the example.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { queries } from "@/api";
import { exampleFor } from "@/model/stack/example";
import { FirstVisit } from "./first-visit";
import { MyStacks } from "./my-stacks";

export default function Page() {
  const stacks = useQuery(queries.workflows()).data?.items;
  const [stays, setStays] = useState(false);
  const stay = useCallback(() => setStays(true), []);
  const example = stays || !stacks ? null : exampleFor(stacks);
  if (example) return <FirstVisit id={example.id} otherwise={stay} />;
  return <MyStacks />;
}
