// The documents page: knowledge bases on the left, what is in one of them on the right.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Database, Layers3, Library, Pencil, Plus, Trash2, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { call, type KnowledgeBaseOut, queries, sentenceOf } from "@/api";
import { viewDocument } from "@/model/shell/document-viewer";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Confirm } from "@/ui/confirm";
import { Empty } from "@/ui/empty";
import { Link } from "@/ui/router";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { BaseForm } from "./base-form";
import { Documents } from "./documents";
import { SearchTest } from "./search";

type DocumentsPageProps = {
  /** A document that the address names: it is opened. */
  documentId: string | null;
  /** The knowledge base that the address names. */
  baseId: string | null;
  onBase: (id: string | null) => void;
};

/** What a knowledge base is called: a stack's own by the stack. */
type Named = KnowledgeBaseOut & { title: string };

export function DocumentsPage({ documentId, baseId, onBase }: DocumentsPageProps) {
  const bases = useQuery(queries.knowledgeBases());
  const stacks = useQuery(queries.workflows());
  const [form, setForm] = useState<KnowledgeBaseOut | "new" | null>(null);
  useNamedDocument(documentId);

  const names = new Map(stacks.data?.items.map((stack) => [stack.id, stack.name]));
  const all: Named[] = (bases.data?.items ?? []).map((base) => ({
    ...base,
    title: base.workflow_id ? (names.get(base.workflow_id) ?? base.name) : base.name,
  }));
  const shared = all.filter((base) => base.workflow_id === null);
  const own = all.filter((base) => base.workflow_id !== null);
  const shown = all.find((base) => base.id === baseId) ?? shared[0] ?? own[0];
  const make = (
    <Button variant="primary" onClick={() => setForm("new")}>
      <Plus aria-hidden />
      New knowledge base
    </Button>
  );
  return (
    <>
      {bases.isPending ? <Waiting /> : null}
      {bases.isError ? (
        <Empty
          icon={TriangleAlert}
          title="The documents could not be read"
          actions={<Button onClick={() => void bases.refetch()}>Try again</Button>}
        >
          {sentenceOf(bases.error)}
        </Empty>
      ) : null}
      {bases.data && !shown ? (
        <Empty icon={Library} title="No documents yet" actions={make}>
          Make a knowledge base that several stacks can use, or add documents in a stack, in the settings of its
          knowledge base.
        </Empty>
      ) : null}
      {shown ? (
        <div className="grid items-start gap-x-8 gap-y-6 md:grid-cols-[16rem_minmax(0,1fr)]">
          <nav aria-label="Knowledge bases" className="flex flex-col gap-4 md:sticky md:top-20">
            <div className="[&>button]:w-full">{make}</div>
            <Group title="Shared" icon={Database} list={shared} shown={shown.id} onOpen={onBase}>
              None yet. A shared one can be used by several stacks.
            </Group>
            <Group title="Of one stack" icon={Layers3} list={own} shown={shown.id} onOpen={onBase}>
              None yet.
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
  list: ReadonlyArray<Named>;
  shown: string;
  onOpen: (id: string) => void;
  children: ReactNode;
};

function Group({ title, icon: Icon, list, shown, onOpen, children }: GroupProps) {
  return (
    <section aria-label={title}>
      <h2 className="mb-1 px-2.5 text-xs font-medium text-muted">{title}</h2>
      {list.length ? null : <p className="px-2.5 text-sm text-muted">{children}</p>}
      <ul className="flex flex-col gap-0.5">
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
              <span className="truncate">{base.title}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

type BaseProps = { base: Named; onChange: () => void; onGone: () => void };

function Base({ base, onChange, onGone }: BaseProps) {
  const [leaving, setLeaving] = useState(false);
  const providers = useQuery(queries.providers());
  const embedder = providers.data?.items.find((one) => one.id === base.embedder.provider)?.title;
  const remove = useMutation({
    mutationFn: () => call("DELETE /knowledge-bases/{knowledge_base_id}", { path: { knowledge_base_id: base.id } }),
    onSuccess: async () => {
      await queries.refreshKnowledgeBases();
      onGone();
    },
    onError: (error) => toast(sentenceOf(error), { tone: "bad" }),
  });
  return (
    <section aria-labelledby="base-title" className="flex min-w-0 flex-col gap-6">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 id="base-title" className="truncate text-xl font-semibold tracking-tight">
            {base.title}
          </h2>
          <p className="text-sm text-muted">
            {embedder ?? base.embedder.provider}
            {base.embedder.model ? ` (${base.embedder.model})` : ""} · passages of up to {base.chunk_size} words,{" "}
            {base.chunk_overlap} shared
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
        <IconButton label="Change the knowledge base" onClick={onChange}>
          <Pencil />
        </IconButton>
        {base.workflow_id ? null : (
          <IconButton label="Delete the knowledge base" onClick={() => setLeaving(true)}>
            <Trash2 />
          </IconButton>
        )}
      </div>
      <Documents of={{ baseId: base.id }} />
      <SearchTest baseId={base.id} />
      {leaving ? (
        <Confirm
          title={`Delete “${base.title}”?`}
          action="Delete"
          onConfirm={() => remove.mutate()}
          onClose={() => setLeaving(false)}
        >
          All its documents are gone for good. Stacks that use it find nothing any more.
        </Confirm>
      ) : null}
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
