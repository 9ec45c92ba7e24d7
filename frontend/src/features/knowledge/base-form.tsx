// A shared knowledge base is made or changed: its name, who embeds its passages, and how long they are.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type KnowledgeBaseOut, queries, sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";

const WORDS = { size: 180, overlap: 30, smallest: 20, largest: 2000 };

type BaseFormProps = {
  /** The one that is changed; null to make one. */
  base: KnowledgeBaseOut | null;
  onDone: (base: KnowledgeBaseOut) => void;
  onClose: () => void;
};

export function BaseForm({ base, onDone, onClose }: BaseFormProps) {
  const [name, setName] = useState(base?.name ?? "");
  const [size, setSize] = useState(base?.chunk_size ?? WORDS.size);
  const [overlap, setOverlap] = useState(base?.chunk_overlap ?? WORDS.overlap);
  const [embedder, setEmbedder] = useState<Chosen>(base?.embedder ?? LOCAL);
  const fixed = base !== null && base.fingerprint !== null;
  const save = useMutation({
    mutationFn: () => {
      const sizes = { name: name.trim(), chunk_size: size, chunk_overlap: overlap };
      return base
        ? call("PUT /knowledge-bases/{knowledge_base_id}", {
            path: { knowledge_base_id: base.id },
            body: fixed ? sizes : { ...sizes, embedder },
          })
        : call("POST /knowledge-bases", { body: { ...sizes, embedder } });
    },
    onSuccess: async (made) => {
      await queries.refreshKnowledgeBases();
      onDone(made);
    },
  });
  const start = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="medium"
      title={base ? "Edit knowledge base" : "New knowledge base"}
      description={base ? undefined : "Several stacks can share its documents."}
    >
      <form onSubmit={start} className="contents">
        <DialogBody className="flex flex-col gap-4">
          <Field label="Name" required>
            {(described) => (
              <Input
                {...described}
                autoFocus
                required
                autoComplete="off"
                maxLength={200}
                placeholder="Handbooks"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <EmbedderFields chosen={embedder} fixed={fixed} onChange={setEmbedder} />
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label="Passage length (words)"
              help={`${WORDS.smallest} to ${WORDS.largest}. Shorter passages are more precise.`}
            >
              {(described) => (
                <Input
                  {...described}
                  type="number"
                  min={WORDS.smallest}
                  max={WORDS.largest}
                  required
                  value={Number.isNaN(size) ? "" : size}
                  onChange={(event) => setSize(event.target.valueAsNumber)}
                />
              )}
            </Field>
            <Field label="Overlap (words)" help="At most half of a passage. Applies to new documents.">
              {(described) => (
                <Input
                  {...described}
                  type="number"
                  min={0}
                  max={Math.floor((size || 0) / 2)}
                  required
                  value={Number.isNaN(overlap) ? "" : overlap}
                  onChange={(event) => setOverlap(event.target.valueAsNumber)}
                />
              )}
            </Field>
          </div>
          {save.isError ? (
            <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
              {sentenceOf(save.error)}
            </p>
          ) : null}
        </DialogBody>
        <DialogFoot>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!name.trim() || save.isPending}>
            {base ? "Save" : "Create"}
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}

type Chosen = KnowledgeBaseOut["embedder"];
const LOCAL: Chosen = { provider: "local", model: null, credential_id: null, base_url: null };

type EmbedderProps = { chosen: Chosen; fixed: boolean; onChange: (chosen: Chosen) => void };

function EmbedderFields({ chosen, fixed, onChange }: EmbedderProps) {
  const told = useQuery(queries.providers());
  const stored = useQuery(queries.credentials());
  const providers = (told.data?.items ?? []).filter((one) => one.embeds);
  const provider = providers.find((one) => one.id === chosen.provider);
  const keys = (stored.data?.items ?? []).filter((one) => one.provider === chosen.provider);
  const set = (change: Partial<Chosen>) => onChange({ ...chosen, ...change });
  const help = fixed
    ? "Can’t be changed while the knowledge base has documents, because their vectors were made with it."
    : provider?.key_help;
  return (
    <>
      <Field label="Embedder" help={help}>
        {(described) => (
          <Select
            {...described}
            disabled={fixed}
            value={chosen.provider}
            onChange={(event) => onChange({ ...LOCAL, provider: event.target.value })}
          >
            {(providers.length ? providers : [{ id: chosen.provider, title: chosen.provider }]).map((one) => (
              <option key={one.id} value={one.id}>
                {one.title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {chosen.provider === "local" ? null : (
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Model" required>
            {(described) => (
              <Input
                {...described}
                disabled={fixed}
                autoComplete="off"
                spellCheck={false}
                value={chosen.model ?? ""}
                onChange={(event) => set({ model: event.target.value || null })}
              />
            )}
          </Field>
          <Field label="API key" required={provider?.needs_key ?? false}>
            {(described) => (
              <Select
                {...described}
                disabled={fixed}
                value={chosen.credential_id ?? ""}
                onChange={(event) => set({ credential_id: event.target.value || null })}
              >
                <option value="">{keys.length ? "No API key" : "No API keys stored yet"}</option>
                {keys.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name} (…{one.last4})
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {provider?.needs_base_url ? (
            <Field label="Server address" required className="sm:col-span-2">
              {(described) => (
                <Input
                  {...described}
                  type="url"
                  disabled={fixed}
                  autoComplete="off"
                  placeholder="http://localhost:11434/v1"
                  value={chosen.base_url ?? ""}
                  onChange={(event) => set({ base_url: event.target.value || null })}
                />
              )}
            </Field>
          ) : null}
        </div>
      )}
    </>
  );
}
