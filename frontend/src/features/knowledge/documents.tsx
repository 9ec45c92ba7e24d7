// The documents of one knowledge base: sent, watched while they are taken in, read, deleted.
import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight, FileText, FileType, Trash2, TriangleAlert, Upload, X } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { type DocumentOut, queries, sentenceOf } from "@/api";
import { deleteWithUndo, useDeleting } from "@/model/shell/deletion";
import { viewDocument } from "@/model/shell/document-viewer";
import { dismiss, keyOf, type Place, type Sending, send, useSending } from "@/model/stack/uploads";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Loading, Skeleton } from "@/ui/skeleton";
import { ListEnd } from "@/ui/visible";
import { contentInWords, factsOf, warningsOf } from "./words";

type DocumentsProps = {
  of: Place;
  /** In a narrow panel: less room, the same things. */
  compact?: boolean;
};

export function Documents({ of, compact = false }: DocumentsProps) {
  const found = useInfiniteQuery(queries.documentPages(of));
  const place = keyOf(of);
  const sending = useSending((state) => state.list).filter((one) => one.place === place);
  const deleting = useDeleting((state) => state.ids);
  const list = (found.data?.pages.flatMap((page) => page.items) ?? []).filter((one) => !deleting.has(one.id));
  const remove = ({ id, filename }: DocumentOut) =>
    deleteWithUndo({
      id,
      message: `Deleted “${filename}”.`,
      remove: (keepalive) => queries.deleteDocument(id, of, keepalive),
    });
  return (
    <div className="flex flex-col gap-3">
      <DropZone of={of} compact={compact} />
      {found.isPending ? (
        <div className="flex flex-col gap-2">
          <Loading what="documents" />
          <Skeleton className="h-14" />
          <Skeleton className="h-14" />
        </div>
      ) : null}
      {found.isError ? (
        <div className="flex items-center justify-between gap-3 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {sentenceOf(found.error)}
          <Button onClick={() => void found.refetch()}>Try again</Button>
        </div>
      ) : null}
      {list.length || sending.length ? (
        <ul
          aria-label="Documents"
          className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface"
        >
          {sending.map((one) => (
            <OnItsWay key={one.id} one={one} />
          ))}
          {list.map((one) => (
            <Line key={one.id} one={one} onDelete={() => remove(one)} />
          ))}
        </ul>
      ) : found.data ? (
        <p className="px-1 text-sm text-muted">No documents yet. Add some, and answers will quote them as sources.</p>
      ) : null}
      {found.hasNextPage ? <ListEnd key={list.length} onSeen={() => void found.fetchNextPage()} /> : null}
    </div>
  );
}

function DropZone({ of, compact }: { of: Place; compact: boolean }) {
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const help = useId();
  const dropping = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      send(of, event.dataTransfer.files);
    },
  };
  return (
    <section
      aria-label="Add documents"
      {...dropping}
      className={classes(
        "flex items-center gap-x-4 gap-y-2 rounded-xl border-2 border-dashed px-4 transition-colors",
        compact ? "flex-col py-4 text-center" : "flex-wrap py-5 max-sm:flex-col max-sm:text-center",
        over ? "border-accent bg-accent-soft" : "border-line bg-surface",
      )}
    >
      {compact ? null : (
        <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-ink">
          <Upload className="size-5" aria-hidden />
        </span>
      )}
      <div className={compact ? "" : "min-w-0 flex-1"}>
        <p className="font-medium">
          {over ? (
            "Drop to add the files"
          ) : (
            <>
              <span className="pointer-coarse:hidden">Drop files here</span>
              <span className="hidden pointer-coarse:inline">Add files</span>
            </>
          )}
        </p>
        <p id={help} className="text-sm text-muted">
          PDF, text, Markdown or HTML. You can add several at once.
        </p>
      </div>
      <Button aria-describedby={help} onClick={() => picker.current?.click()}>
        <Upload aria-hidden />
        Choose files
      </Button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label="Files to add"
        accept=".pdf,.txt,.md,.markdown,.html,.htm,application/pdf,text/plain,text/markdown,text/html"
        onChange={(event) => {
          send(of, [...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </section>
  );
}

function OnItsWay({ one }: { one: Sending }) {
  return (
    <li className="flex items-center gap-3 px-3.5 py-3" data-testid="sending">
      <Upload className="size-4 shrink-0 text-muted" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{one.name}</p>
        {one.error ? (
          <p className="text-sm text-bad">{one.error}</p>
        ) : (
          <Progress what={`Uploading ${one.name}`} words="Uploading" part={one.part} />
        )}
      </div>
      <IconButton label={one.error ? "Dismiss" : "Cancel upload"} onClick={() => dismiss(one.id)}>
        <X />
      </IconButton>
    </li>
  );
}

function Progress({ what, words, part }: { what: string; words: string; part: number }) {
  const percent = Math.round(part * 100);
  return (
    <div className="mt-1.5 flex items-center gap-3 text-xs text-muted">
      <div
        role="progressbar"
        aria-label={what}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width]"
          style={{ width: `${Math.max(3, percent)}%` }}
        />
      </div>
      <span className="shrink-0 tabular-nums">
        {words} {percent} %
      </span>
    </div>
  );
}

function Line({ one, onDelete }: { one: DocumentOut; onDelete: () => void }) {
  const [open, setOpen] = useState(false);
  const warnings = warningsOf(one);
  const facts = factsOf(one);
  const details = useId();
  const Kind = one.kind === "pdf" ? FileType : FileText;
  const view = () =>
    viewDocument({ documentId: one.id, filename: one.filename, page: one.kind === "pdf" ? 1 : null, passage: null });
  return (
    <li className="px-3.5 py-3" data-testid="document" data-status={one.status}>
      <div className="flex items-start gap-3">
        <Kind className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <div className="flex min-w-0 items-center gap-2">
            {one.status === "ready" ? (
              <button
                type="button"
                className="min-w-0 truncate rounded text-left font-medium hover:underline"
                onClick={view}
              >
                {one.filename}
              </button>
            ) : (
              <span className="min-w-0 truncate font-medium">{one.filename}</span>
            )}
            <Standing one={one} />
          </div>
          {one.status === "processing" ? (
            <Progress what={`Reading ${one.filename}`} words="Reading" part={one.progress} />
          ) : null}
          {one.status === "ready" ? <p className="text-sm text-muted">{contentInWords(one)}</p> : null}
          {one.status === "failed" ? (
            <p className="text-sm text-bad">
              {one.error ?? "The file could not be read. Delete it and try another one."}
            </p>
          ) : null}
          {warnings.map((warning) => (
            <p key={warning} className="mt-1 flex items-start gap-1.5 text-sm text-warn">
              <TriangleAlert className="mt-1 size-3.5 shrink-0" aria-hidden />
              {warning}
            </p>
          ))}
          {facts.length && one.status === "ready" ? (
            <>
              <button
                type="button"
                aria-expanded={open}
                aria-controls={details}
                onClick={() => setOpen(!open)}
                className="mt-0.5 -ml-1 flex items-center gap-0.5 rounded pr-1 text-xs text-muted hover:text-ink"
              >
                <ChevronRight className={classes("size-3.5 transition-transform", open && "rotate-90")} aria-hidden />
                Details
              </button>
              <dl id={details} hidden={!open} className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 text-sm">
                {facts.map(({ name, value }) => (
                  <div key={name} className="contents">
                    <dt className="text-muted">{name}</dt>
                    <dd className="min-w-0 break-words">{value}</dd>
                  </div>
                ))}
              </dl>
            </>
          ) : null}
        </div>
        <IconButton label={`Delete ${one.filename}`} className="-my-1" onClick={onDelete}>
          <Trash2 />
        </IconButton>
      </div>
    </li>
  );
}

function Standing({ one }: { one: DocumentOut }) {
  if (one.status === "ready") return <Badge tone="good">Ready</Badge>;
  if (one.status === "failed") return <Badge tone="bad">Failed</Badge>;
  return <Badge tone="accent">Reading</Badge>;
}
