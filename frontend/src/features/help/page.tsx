// The user guide.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { queries } from "@/api";
import { Skeleton } from "@/ui/skeleton";
import guide from "./guide.md?raw";

const Markdown = lazy(async () => ({ default: (await import("@/ui/markdown")).default }));

export default function Page() {
  const version = useQuery(queries.version());
  return (
    <article className="answer rounded-xl border border-line bg-surface p-5 shadow-card sm:p-8">
      <Suspense fallback={<Skeleton className="h-96" />}>
        <Markdown text={guide} />
      </Suspense>
      {version.data ? <p className="mt-6 text-sm text-muted">GenAI Stack {version.data}</p> : null}
    </article>
  );
}
