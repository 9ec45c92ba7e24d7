// Tries a search: what a stack would be given for a question.
import { useMutation } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { type FormEvent, useState } from "react";
import { call, sentenceOf } from "@/api";
import { viewPassage } from "@/model/shell/document-viewer";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { PassageText } from "@/ui/passage-text";
import { Skeleton } from "@/ui/skeleton";

const MOST = 8; // passages

export function SearchTest({ baseId }: { baseId: string }) {
  const [query, setQuery] = useState("");
  const search = useMutation({
    mutationFn: (text: string) =>
      call("POST /knowledge-bases/{knowledge_base_id}/search", {
        path: { knowledge_base_id: baseId },
        body: { query: text, top_k: MOST },
      }),
  });
  const start = (event: FormEvent) => {
    event.preventDefault();
    if (query.trim()) search.mutate(query.trim());
  };
  return (
    <section aria-labelledby="search-test">
      <h3 id="search-test" className="text-lg font-semibold">
        Test the search
      </h3>
      <p className="mb-3 text-sm text-muted">Ask a question as in the chat to see which passages it finds.</p>
      <form onSubmit={start} className="flex gap-2">
        <div className="relative min-w-0 flex-1">
          <Search
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
            aria-hidden
          />
          <Input
            type="search"
            aria-label="Test question"
            placeholder="Ask a question…"
            className="pl-9"
            maxLength={20_000}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        </div>
        <Button type="submit" className="h-9" disabled={!query.trim() || search.isPending}>
          Search
        </Button>
      </form>
      <div aria-live="polite" className="mt-3">
        {search.isPending ? <Skeleton className="h-24" /> : null}
        {search.isError ? <p className="text-sm text-bad">{sentenceOf(search.error)}</p> : null}
        {search.data && !search.data.items.length ? (
          <p className="text-sm text-muted">No passages match this question. Check that the documents are ready.</p>
        ) : null}
        {search.data?.items.length ? (
          <ol aria-label="Passages" className="flex flex-col gap-2">
            {search.data.items.map((passage, place) => (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: passages are told apart by their rank
                key={place}
                className="rounded-xl border border-line bg-surface p-3.5"
              >
                <div className="mb-1 flex items-baseline gap-3 text-sm">
                  <button
                    type="button"
                    className="min-w-0 truncate rounded text-left font-medium hover:underline"
                    onClick={() => viewPassage(passage)}
                  >
                    {place + 1}. {passage.filename}
                    {passage.page === null ? "" : `, page ${passage.page}`}
                  </button>
                  <span className="ml-auto shrink-0 text-xs text-muted tabular-nums">
                    {Math.round(passage.score * 100)} % match
                  </span>
                </div>
                <PassageText text={passage.text} match={passage.match} className="line-clamp-4 text-sm" />
              </li>
            ))}
          </ol>
        ) : null}
      </div>
    </section>
  );
}
