// A document over whatever page is open: its page as a picture or as text, with the passage that led here.
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { queries } from "@/api";
import { useDocumentViewer, type ViewedDocument, viewDocument } from "@/model/shell/document-viewer";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Dialog } from "@/ui/dialog";
import { PagePicture } from "./page-picture";
import { PageText } from "./page-text";

export function Reader() {
  const viewed = useDocumentViewer((state) => state.viewed);
  return viewed ? <Opened key={`${viewed.documentId} ${viewed.page}`} viewed={viewed} /> : null;
}

type Mode = "picture" | "text";

function Opened({ viewed }: { viewed: ViewedDocument }) {
  const { documentId, filename } = viewed;
  const [page, setPage] = useState(viewed.page ?? 1);
  const [mode, setMode] = useState<Mode>(viewed.page === null ? "text" : "picture");
  const found = useQuery(queries.document(documentId));
  const pages = found.data?.pages ?? null;
  const isFirst = page === (viewed.page ?? 1);
  const here = { passage: isFirst ? viewed.passage : null, match: isFirst ? (viewed.match ?? null) : null };
  const hasPictures = viewed.page !== null || found.data?.kind === "pdf";
  return (
    <Dialog open onOpenChange={() => viewDocument(null)} title={filename} width="full">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-6 pt-1 pb-3 text-sm">
        {hasPictures ? (
          <>
            <fieldset className="flex items-center gap-1">
              <legend className="sr-only">Page</legend>
              <IconButton label="Previous page" disabled={page <= 1} onClick={() => setPage(page - 1)}>
                <ChevronLeft />
              </IconButton>
              <span className="text-muted tabular-nums" aria-live="polite">
                Page {page}
                {pages ? ` of ${pages}` : ""}
              </span>
              <IconButton
                label="Next page"
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
          <span className="text-muted">Full text</span>
        )}
      </div>
      <section
        aria-label={`Page ${page}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard too
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto bg-ground p-4 -outline-offset-2 sm:p-6"
      >
        {mode === "picture" ? (
          <PagePicture
            key={page}
            documentId={documentId}
            page={page}
            filename={filename}
            {...here}
            onText={() => setMode("text")}
          />
        ) : (
          <PageText documentId={documentId} page={page} {...here} />
        )}
      </section>
    </Dialog>
  );
}
