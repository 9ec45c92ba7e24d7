// A page of a document as text, with the passage that led here marked in it.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { call, sentenceOf } from "@/api";
import { Loading, Skeleton } from "@/ui/skeleton";
import { placeOf } from "./words";

type Props = { documentId: string; page: number; passage: string | null; match: string | null };

export function PageText({ documentId, page, passage, match }: Props) {
  const found = useQuery({
    queryKey: ["page", documentId, page],
    queryFn: ({ signal }) =>
      call("GET /documents/{document_id}/pages/{number}", { path: { document_id: documentId, number: page }, signal }),
    staleTime: 300_000,
    retry: 1,
  });
  const mark = useRef<HTMLElement>(null);
  useEffect(() => {
    if (found.data) mark.current?.scrollIntoView({ block: "center" });
  }, [found.data]);
  if (found.isError) return <p className="py-8 text-center text-muted">{sentenceOf(found.error)}</p>;
  if (!found.data) {
    return (
      <div className="mx-auto flex max-w-3xl flex-col gap-2.5">
        <Loading what="the text" />
        {[0, 1, 2, 3, 4, 5].map((line) => (
          <Skeleton key={line} className="h-4" />
        ))}
      </div>
    );
  }
  const { text } = found.data;
  const place = passage ? placeOf(passage, text) : null;
  const quoted = place ? text.slice(place.from, place.to) : "";
  const strong = match ? placeOf(match, quoted) : null;
  return (
    <div dir="auto" className="mx-auto max-w-3xl break-words whitespace-pre-wrap">
      {place ? (
        <>
          {text.slice(0, place.from)}
          <mark ref={strong ? undefined : mark} className="rounded-sm bg-note text-ink outline-1 outline-note-line">
            {quoted.slice(0, strong?.from)}
            {strong ? (
              <strong ref={mark} className="font-semibold" data-testid="match-mark">
                {quoted.slice(strong.from, strong.to)}
              </strong>
            ) : null}
            {strong ? quoted.slice(strong.to) : null}
          </mark>
          {text.slice(place.to)}
        </>
      ) : (
        text || <span className="text-muted">There is no text on this page.</span>
      )}
    </div>
  );
}
