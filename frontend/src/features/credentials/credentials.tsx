// API keys: listed by their last characters, tested, replaced, deleted.
import { useMutation, useQuery } from "@tanstack/react-query";
import { CheckCircle2, KeyRound, Plus, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { type CredentialOut, call, type ProviderOut, queries, sentenceOf } from "@/api";
import { deleteWithUndo, useDeleting } from "@/model/shell/deletion";
import { Button } from "@/ui/button";
import { ago } from "@/ui/dates";
import { Empty } from "@/ui/empty";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { KeyForm } from "./form";

export function CredentialsPage() {
  const found = useQuery(queries.credentials());
  const providers = useQuery(queries.providers());
  const [form, setForm] = useState<CredentialOut | "new" | null>(null);
  const deleting = useDeleting((state) => state.ids);
  const remove = ({ id, name }: CredentialOut) =>
    deleteWithUndo({
      id,
      message: `Deleted “${name}”. Stacks that use it need another API key.`,
      remove: (keepalive) => queries.deleteCredential(id, keepalive),
    });
  const add = (
    <Button variant="primary" onClick={() => setForm("new")}>
      <Plus aria-hidden />
      Add API key
    </Button>
  );
  const list = (found.data?.items ?? []).filter((key) => !deleting.has(key.id));
  return (
    <>
      {found.isPending ? (
        <div className="flex flex-col gap-3">
          <Loading what="API keys" />
          <Skeleton className="h-20" />
          <Skeleton className="h-20" />
        </div>
      ) : null}
      {found.isError ? (
        <Empty
          icon={TriangleAlert}
          title="The API keys could not be loaded"
          actions={<Button onClick={() => void found.refetch()}>Try again</Button>}
        >
          {sentenceOf(found.error)}
        </Empty>
      ) : null}
      {found.data && !list.length ? (
        <Empty icon={KeyRound} title="No API keys yet" actions={add}>
          Add an API key from a provider such as OpenAI, Google Gemini or Anthropic, then choose it in a stack’s LLM
          Engine. Without one, stacks can answer offline.
        </Empty>
      ) : null}
      {list.length ? (
        <>
          <ul
            aria-label="API keys"
            className="divide-y divide-line rounded-xl border border-line bg-surface shadow-card"
          >
            {list.map((key) => (
              <Line
                key={key.id}
                stored={key}
                provider={providers.data?.items.find((one) => one.id === key.provider)}
                onReplace={() => setForm(key)}
                onDelete={() => remove(key)}
              />
            ))}
          </ul>
          <div className="mt-4">{add}</div>
        </>
      ) : null}
      {form ? (
        <KeyForm
          stored={form === "new" ? null : form}
          onClose={() => setForm(null)}
          onDone={(key) => {
            setForm(null);
            toast(form === "new" ? `Added “${key.name}”.` : `Replaced “${key.name}”.`, { tone: "good" });
          }}
        />
      ) : null}
    </>
  );
}

type LineProps = {
  stored: CredentialOut;
  provider: ProviderOut | undefined;
  onReplace: () => void;
  onDelete: () => void;
};

function Line({ stored, provider, onReplace, onDelete }: LineProps) {
  const test = useMutation({
    mutationFn: () =>
      call("POST /credentials/{credential_id}/test", {
        path: { credential_id: stored.id },
      }),
  });
  const told = test.data ?? (test.isError ? { ok: false, message: sentenceOf(test.error) } : null);
  return (
    <li className="flex flex-col gap-3 px-4 py-4 sm:px-5" data-testid="key">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <span className="grid size-10 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-ink">
          <KeyRound className="size-5" aria-hidden />
        </span>
        <div className="min-w-40 flex-1">
          <h2 className="truncate font-semibold">{stored.name}</h2>
          <p className="text-sm text-muted">
            {provider?.title ?? stored.provider}
            {stored.base_url ? ` · ${stored.base_url}` : null}
            {stored.last4 ? (
              <>
                {" · "}
                <span className="sr-only">ends in </span>
                <span className="font-mono text-xs">…{stored.last4}</span>
              </>
            ) : null}
            {" · added "}
            {ago(stored.created_at)}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button disabled={test.isPending} onClick={() => test.mutate()}>
            {test.isPending ? "Testing…" : "Test"}
          </Button>
          <Button onClick={onReplace}>Replace</Button>
          <Button variant="quiet" className="text-bad hover:text-bad" onClick={onDelete}>
            Delete
          </Button>
        </div>
      </div>
      <div aria-live="polite" className="empty:-mt-3 sm:pl-14">
        {told ? (
          <p className={`flex items-start gap-2 text-sm ${told.ok ? "text-good" : "text-bad"}`}>
            {told.ok ? (
              <CheckCircle2 className="mt-0.5 size-4 shrink-0" aria-hidden />
            ) : (
              <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
            )}
            <span className="min-w-0 break-words">{told.message}</span>
          </p>
        ) : null}
      </div>
    </li>
  );
}
