// A document over whatever page is open: its page as a picture or as text, with the passage that led here.
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { call, queries, send, sentenceOf } from "@/api";
import { useDocumentViewer, type ViewedDocument, viewDocument } from "@/model/shell/document-viewer";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Dialog } from "@/ui/dialog";
import { Loading, Skeleton } from "@/ui/skeleton";
import { placeOf } from "./words";

export function Reader() {
  const viewed = useDocumentViewer((state) => state.viewed);
  return viewed ? <Opened key={`${viewed.documentId} ${viewed.page}`} viewed={viewed} /> : null;
}

type Mode = "picture" | "text";

function Opened({ viewed }: { viewed: ViewedDocument }) {
  const { documentId, filename, passage } = viewed;
  const [page, setPage] = useState(viewed.page ?? 1);
  const [mode, setMode] = useState<Mode>(viewed.page === null ? "text" : "picture");
  const found = useQuery(queries.document(documentId));
  const pages = found.data?.pages ?? null;
  const hasPictures = viewed.page !== null || found.data?.kind === "pdf";
  return (
    <Dialog open onOpenChange={() => viewDocument(null)} title={filename} width="full">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-6 pt-1 pb-3 text-sm">
        {hasPictures ? (
          <>
            <fieldset className="flex items-center gap-1">
              <legend className="sr-only">Page</legend>
              <IconButton label="The page before" disabled={page <= 1} onClick={() => setPage(page - 1)}>
                <ChevronLeft />
              </IconButton>
              <span className="text-muted tabular-nums" aria-live="polite">
                Page {page}
                {pages ? ` of ${pages}` : ""}
              </span>
              <IconButton
                label="The page after"
                disabled={pages === null || page >= pages}
                onClick={() => setPage(page + 1)}
              >
                <ChevronRight />
              </IconButton>
            </fieldset>
            <fieldset className="ml-auto flex rounded-lg bg-sunken p-0.5">
              <legend className="sr-only">Shown as</legend>
              {(["picture", "text"] as const).map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={mode === one}
                  onClick={() => setMode(one)}
                  className={classes(
                    "h-7 rounded-md px-3 font-medium",
                    mode === one ? "bg-surface text-ink shadow-card" : "text-muted hover:text-ink",
                  )}
                >
                  {one === "picture" ? "Page" : "Text"}
                </button>
              ))}
            </fieldset>
          </>
        ) : (
          <span className="text-muted">The whole text</span>
        )}
      </div>
      {passage && mode === "picture" ? (
        <blockquote className="line-clamp-3 shrink-0 border-b border-line bg-note px-6 py-2.5 text-sm" title={passage}>
          {passage}
        </blockquote>
      ) : null}
      <section
        aria-label={`Page ${page}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard too
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto bg-ground p-4 -outline-offset-2 sm:p-6"
      >
        {mode === "picture" ? (
          <Picture documentId={documentId} page={page} filename={filename} onText={() => setMode("text")} />
        ) : (
          <Text documentId={documentId} page={page} passage={page === (viewed.page ?? 1) ? passage : null} />
        )}
      </section>
    </Dialog>
  );
}

type PictureProps = { documentId: string; page: number; filename: string; onText: () => void };

function Picture({ documentId, page, filename, onText }: PictureProps) {
  const found = useQuery({
    queryKey: ["picture", documentId, page],
    queryFn: async ({ signal }) => {
      const response = await send("GET /documents/{document_id}/pages/{number}", {
        path: { document_id: documentId, number: page },
        headers: { accept: "image/png" },
        signal,
      });
      return response.blob();
    },
    staleTime: 300_000,
    retry: 1,
  });
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!found.data) return;
    const made = URL.createObjectURL(found.data);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [found.data]);
  if (found.isError) {
    return (
      <div className="mx-auto max-w-md py-8 text-center">
        <p className="text-muted">{sentenceOf(found.error)}</p>
        <Button className="mt-4" onClick={onText}>
          Read it as text
        </Button>
      </div>
    );
  }
  if (!address) {
    return (
      <>
        <Loading what="the page" />
        <Skeleton className="mx-auto aspect-[1/1.414] w-full max-w-3xl" />
      </>
    );
  }
  return (
    <img
      src={address}
      alt={`Page ${page} of ${filename}`}
      className="mx-auto w-full max-w-3xl rounded border border-line bg-white shadow-card"
    />
  );
}

function Text({ documentId, page, passage }: { documentId: string; page: number; passage: string | null }) {
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
  return (
    <div className="mx-auto max-w-3xl break-words whitespace-pre-wrap">
      {place ? (
        <>
          {text.slice(0, place.from)}
          <mark ref={mark} className="rounded-sm bg-note text-ink outline-1 outline-note-line">
            {text.slice(place.from, place.to)}
          </mark>
          {text.slice(place.to)}
        </>
      ) : (
        text || <span className="text-muted">There is no text on this page.</span>
      )}
    </div>
  );
}
