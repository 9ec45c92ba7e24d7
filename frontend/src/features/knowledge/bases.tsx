// Knowledge bases on the left, what is in one of them on the right.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Database, Layers3, Library, Pencil, Plus, Trash2, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { type KnowledgeBaseOut, queries, sentenceOf } from "@/api";
import { deleteWithUndo, useDeleting } from "@/model/shell/deletion";
import { viewDocument } from "@/model/shell/document-viewer";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Empty } from "@/ui/empty";
import { Link } from "@/ui/router";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { ListEnd } from "@/ui/visible";
import { BaseForm } from "./base-form";
import { Documents } from "./documents";
import { SearchTest } from "./search";

type KnowledgeBasesProps = {
  /** A document that the address names: it is opened. */
  documentId: string | null;
  /** The knowledge base that the address names. */
  baseId: string | null;
  onBase: (id: string | null) => void;
};

export function KnowledgeBases({ documentId, baseId, onBase }: KnowledgeBasesProps) {
  const shared = useBases(true);
  const own = useBases(false);
  const [form, setForm] = useState<KnowledgeBaseOut | "new" | null>(null);
  const shown = useShownBase(baseId, shared.list, own.list);
  useNamedDocument(documentId);
  const isPending = shared.found.isPending || own.found.isPending;
  const failed = [shared.found, own.found].find((found) => found.isError && !found.data);
  const make = (
    <Button variant="primary" onClick={() => setForm("new")}>
      <Plus aria-hidden />
      New knowledge base
    </Button>
  );
  return (
    <>
      {isPending ? <Waiting /> : null}
      {failed ? (
        <Empty
          icon={TriangleAlert}
          title="The knowledge bases could not be loaded"
          actions={
            <Button onClick={() => void Promise.all([shared.found.refetch(), own.found.refetch()])}>Try again</Button>
          }
        >
          {sentenceOf(failed.error)}
        </Empty>
      ) : null}
      {isPending || failed || shown ? null : (
        <Empty icon={Library} title="No documents yet" actions={make}>
          Create a knowledge base that several stacks can share, or add documents to a single stack: open it and select
          its Knowledge Base.
        </Empty>
      )}
      {shown ? (
        <div className="grid items-start gap-x-8 gap-y-6 md:grid-cols-[16rem_minmax(0,1fr)]">
          <nav
            aria-label="Knowledge bases"
            className="flex flex-col gap-4 md:sticky md:top-20 md:max-h-[calc(100dvh-6rem)] md:overflow-y-auto"
          >
            <div className="[&>button]:w-full">{make}</div>
            <Group title="Shared" icon={Database} bases={shared} shown={shown.id} onOpen={onBase}>
              None yet. Several stacks can use a shared knowledge base.
            </Group>
            <Group title="One stack only" icon={Layers3} bases={own} shown={shown.id} onOpen={onBase}>
              None yet. Add documents in a stack to see them here.
            </Group>
          </nav>
          <Base key={shown.id} base={shown} onChange={() => setForm(shown)} onGone={() => onBase(null)} />
        </div>
      ) : null}
      {form ? (
        <BaseForm
          base={form === "new" ? null : form}
          onClose={() => setForm(null)}
          onDone={(made) => {
            setForm(null);
            onBase(made.id);
          }}
        />
      ) : null}
    </>
  );
}

function useBases(shared: boolean) {
  const found = useInfiniteQuery(queries.knowledgeBasePages(shared));
  const deleting = useDeleting((state) => state.ids);
  const list = (found.data?.pages.flatMap((page) => page.items) ?? []).filter(
    ({ id, workflow_id }) => !deleting.has(id) && !(workflow_id && deleting.has(workflow_id)),
  );
  return { found, list };
}

type Bases = ReturnType<typeof useBases>;

/** The one that the address names, loaded or not yet; without a name, the first. */
function useShownBase(id: string | null, ...lists: ReadonlyArray<ReadonlyArray<KnowledgeBaseOut>>) {
  const all = lists.flat();
  const listed = all.find((base) => base.id === id);
  const deleting = useDeleting((state) => id !== null && state.ids.has(id));
  const named = useQuery({ ...queries.knowledgeBase(id ?? ""), enabled: id !== null && !listed && !deleting });
  if (listed) return listed;
  if (id !== null && named.isPending && !deleting) return undefined;
  return (deleting ? undefined : named.data) ?? all[0];
}

/** An address can name a document: `/knowledge?document={id}`. */
function useNamedDocument(documentId: string | null): void {
  const found = useQuery({ ...queries.document(documentId ?? ""), enabled: documentId !== null });
  const { data, error } = found;
  useEffect(() => {
    if (data)
      viewDocument({
        documentId: data.id,
        filename: data.filename,
        page: data.kind === "pdf" ? 1 : null,
        passage: null,
      });
    if (error) toast(sentenceOf(error), { tone: "bad" });
  }, [data, error]);
}

type GroupProps = {
  title: string;
  icon: typeof Database;
  bases: Bases;
  shown: string;
  onOpen: (id: string) => void;
  children: ReactNode;
};

function Group({ title, icon: Icon, bases: { list, found }, shown, onOpen, children }: GroupProps) {
  return (
    <section aria-label={title}>
      <h2 className="mb-1 px-2.5 text-xs font-medium text-muted">{title}</h2>
      {list.length ? null : <p className="px-2.5 text-sm text-muted">{children}</p>}
      <ul className="flex flex-col gap-0.5 max-md:max-h-48 max-md:overflow-y-auto">
        {list.map((base) => (
          <li key={base.id}>
            <button
              type="button"
              aria-current={base.id === shown ? "true" : undefined}
              onClick={() => onOpen(base.id)}
              className={classes(
                "flex h-9 w-full items-center gap-2.5 rounded-lg px-2.5 text-left text-sm font-medium transition-colors",
                base.id === shown ? "bg-accent-soft text-accent-ink" : "hover:bg-hover",
              )}
            >
              <Icon className="size-4 shrink-0 opacity-70" aria-hidden />
              <span className="truncate">{base.name}</span>
            </button>
          </li>
        ))}
        {found.hasNextPage ? (
          <li>
            <ListEnd key={list.length} onSeen={() => void found.fetchNextPage()} />
          </li>
        ) : null}
      </ul>
    </section>
  );
}

type BaseProps = { base: KnowledgeBaseOut; onChange: () => void; onGone: () => void };

function Base({ base, onChange, onGone }: BaseProps) {
  const providers = useQuery(queries.providers());
  const embedder = providers.data?.items.find((one) => one.id === base.embedder.provider)?.title;
  const remove = () => {
    deleteWithUndo({
      id: base.id,
      message: `Deleted “${base.name}” with its documents.`,
      remove: (keepalive) => queries.deleteKnowledgeBase(base.id, keepalive),
    });
    onGone();
  };
  return (
    <section aria-labelledby="base-title" className="flex min-w-0 flex-col gap-6">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 id="base-title" className="truncate text-xl font-semibold tracking-tight">
            {base.name}
          </h2>
          <p className="text-sm text-muted">
            {embedder ?? base.embedder.provider}
            {base.embedder.model ? ` (${base.embedder.model})` : ""} · passages of up to {base.chunk_size} words, with
            an overlap of {base.chunk_overlap}
          </p>
          {base.workflow_id ? (
            <Link
              to={`/stacks/${base.workflow_id}`}
              className="rounded text-sm font-medium text-accent-ink hover:underline"
            >
              Open the stack
            </Link>
          ) : null}
        </div>
        <IconButton label="Edit knowledge base" onClick={onChange}>
          <Pencil />
        </IconButton>
        {base.workflow_id ? null : (
          <IconButton label="Delete knowledge base" onClick={remove}>
            <Trash2 />
          </IconButton>
        )}
      </div>
      <Documents of={{ baseId: base.id }} />
      <SearchTest baseId={base.id} />
    </section>
  );
}

function Waiting() {
  return (
    <div className="grid gap-8 md:grid-cols-[16rem_1fr]">
      <Loading what="knowledge bases" />
      <div className="flex flex-col gap-2">
        <Skeleton className="h-8" />
        <Skeleton className="mt-4 h-9" />
        <Skeleton className="h-9" />
      </div>
      <div className="flex flex-col gap-3">
        <Skeleton className="h-7 w-56" />
        <Skeleton className="h-20" />
        <Skeleton className="h-32" />
      </div>
    </div>
  );
}
