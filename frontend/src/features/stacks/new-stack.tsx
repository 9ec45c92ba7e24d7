// A new stack: blank, or from a template.
import { useQuery } from "@tanstack/react-query";
import { FilePlus2 } from "lucide-react";
import { queries, sentenceOf } from "@/api";
import { BLANK, type Draft } from "@/model/stack/stacks";
import { Button } from "@/ui/button";
import { Dialog, DialogBody } from "@/ui/dialog";
import { Skeleton } from "@/ui/skeleton";
import { TemplateCard } from "./template-card";

type NewStackProps = { busy: boolean; onMake: (draft: Draft) => void };
type StartsProps = NewStackProps & { focused?: boolean };

export function NewStack({ onClose, ...make }: NewStackProps & { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={onClose} width="large" title="New stack">
      <DialogBody>
        <Starts {...make} focused />
      </DialogBody>
    </Dialog>
  );
}

/** What a stack can begin with, as cards. */
export function Starts({ busy, onMake, focused = false }: StartsProps) {
  const found = useQuery(queries.templates());
  return (
    <>
      {found.isError ? (
        <p className="mb-4 flex items-center justify-between gap-3 rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
          {sentenceOf(found.error)}
          <Button onClick={() => void found.refetch()}>Try again</Button>
        </p>
      ) : null}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(15rem,100%),1fr))] gap-4">
        <li>
          <button
            type="button"
            // biome-ignore lint/a11y/noAutofocus: the dialog was opened to choose one of these
            autoFocus={focused}
            disabled={busy}
            onClick={() => onMake(BLANK)}
            className="flex h-full w-full flex-col overflow-hidden rounded-xl border border-line bg-surface text-left shadow-card transition-shadow hover:shadow-float disabled:opacity-60"
          >
            <span className="grid h-28 w-full place-items-center border-b border-line bg-ground">
              <FilePlus2 className="size-8 text-faint" aria-hidden />
            </span>
            <span className="flex flex-1 flex-col gap-1 p-4">
              <span className="font-semibold">Blank stack</span>
              <span className="text-sm text-muted">Start with an empty canvas.</span>
            </span>
          </button>
        </li>
        {found.data?.items.map((template) => (
          <TemplateCard key={template.id} template={template} busy={busy} onUse={() => onMake(draftOf(template))} />
        )) ?? (found.isPending ? [1, 2, 3].map((place) => <Skeleton key={place} className="h-52" />) : null)}
      </ul>
    </>
  );
}

const draftOf = ({ name, description, configuration }: Draft): Draft => ({ name, description, configuration });
