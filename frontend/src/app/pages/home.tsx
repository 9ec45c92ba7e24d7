// The first page: My Stacks; on the very first visit, the example.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { ask } from "@/api";
import { exampleFor, FirstVisit } from "@/app/first-visit";
import { Page } from "@/app/page";
import { MyStacks } from "@/features/stacks";

export function Home() {
  const stacks = useQuery(ask.workflows()).data?.items;
  const [stays, setStays] = useState(false);
  const stay = useCallback(() => setStays(true), []);
  const example = stays || !stacks ? null : exampleFor(stacks);
  if (example) return <FirstVisit id={example.id} otherwise={stay} />;
  return (
    <Page title="My stacks">
      <MyStacks />
    </Page>
  );
}
