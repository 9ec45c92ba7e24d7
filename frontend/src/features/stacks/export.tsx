// Exports a stack as a file, and says what the file holds and what it does not.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Check, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { queries, sentenceOf } from "@/api";
import { useCatalog } from "@/model/node-types/catalog";
import { askExport, type Exporting } from "@/model/shell/export-dialog";
import { exportStack, notIncluded, saveFile } from "@/model/stack/file";
import { Button } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { counted, sizeInWords } from "@/ui/quantities";
import { Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";

const close = () => askExport(null);

export default function ExportDialog({ exporting: { id, stack } }: { exporting: Exporting }) {
  const catalog = useCatalog();
  const found = useQuery(queries.everyDocument(id));
  const [wanted, setWanted] = useState(true);
  const documents = found.data ?? [];
  const taken = wanted ? documents : [];
  const left = wanted ? [] : documents;
  const size = documents.reduce((sum, one) => sum + one.size, 0);
  const save = useMutation({
    mutationFn: () => exportStack(stack, taken, left, catalog),
    onSuccess: (made) => {
      saveFile(made);
      close();
      if (made.missing.length) {
        toast(`Exported without ${made.missing.join(", ")}: the original files are no longer stored.`, { stays: null });
      }
    },
  });
  const all = counted(documents.length, "document");
  return (
    <Dialog open onOpenChange={close} title={`Export “${stack.name}”`}>
      <DialogBody className="flex flex-col gap-4">
        {found.isPending ? <Skeleton className="h-24" /> : null}
        {documents.length ? (
          <label className="flex cursor-pointer items-center gap-2.5">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={wanted}
              onChange={(event) => setWanted(event.target.checked)}
            />
            Include {all} ({sizeInWords(size)})
          </label>
        ) : null}
        {found.data ? (
          <>
            <List title="In the file" sign={<Check className="text-good" />}>
              {["Components, connections and settings", "Name, description and tags"].concat(taken.length ? all : [])}
            </List>
            <List title="Not in the file" sign={<X className="text-muted" />}>
              {notIncluded(stack, left, catalog)}
            </List>
          </>
        ) : null}
        {found.isError || save.isError ? (
          <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
            {sentenceOf(found.error ?? save.error)}
          </p>
        ) : null}
      </DialogBody>
      <DialogFoot>
        <Button onClick={close}>Cancel</Button>
        <Button variant="primary" disabled={!found.data || save.isPending} onClick={() => save.mutate()}>
          {save.isPending ? "Exporting…" : "Export"}
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

function List({ title, sign, children }: { title: string; sign: ReactNode; children: ReadonlyArray<string> }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <ul className="flex flex-col gap-1 text-sm text-muted">
        {children.map((line) => (
          <li key={line} className="flex items-start gap-2 [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
            {sign}
            {line}
          </li>
        ))}
      </ul>
    </section>
  );
}
