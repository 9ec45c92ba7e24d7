// Adds an API key or replaces a stored one, which is never shown.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type CredentialOut, call, queries, sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";

type KeyFormProps = {
  /** The one whose secret is replaced; null to add one. */
  stored: CredentialOut | null;
  onDone: (key: CredentialOut) => void;
  onClose: () => void;
};

export function KeyForm({ stored, onDone, onClose }: KeyFormProps) {
  const told = useQuery(queries.providers());
  const providers = (told.data?.items ?? []).filter((one) => one.needs_key || one.needs_base_url);
  const [chosen, setChosen] = useState(stored?.provider ?? "");
  const [name, setName] = useState(stored?.name ?? "");
  const [secret, setSecret] = useState("");
  const [address, setAddress] = useState(stored?.base_url ?? "");
  const provider = providers.find((one) => one.id === chosen) ?? providers[0];
  const needsAddress = provider?.needs_base_url ?? false;
  const save = useMutation({
    mutationFn: () => {
      const body = {
        provider: provider?.id ?? "",
        name: name.trim() || (provider?.title ?? ""),
        secret: secret.trim(),
        base_url: needsAddress ? address.trim() : null,
      };
      return stored
        ? call("PUT /credentials/{credential_id}", { path: { credential_id: stored.id }, body })
        : call("POST /credentials", { body });
    },
    onSuccess: async (key) => {
      setSecret("");
      await queries.refreshCredentials();
      onDone(key);
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
      title={stored ? `Replace “${stored.name}”` : "Add API key"}
      description={
        stored
          ? "Stacks that use this key continue with the new one."
          : "The key is stored encrypted on this server and never shown again."
      }
    >
      <form onSubmit={start} autoComplete="off" className="contents">
        <DialogBody className="flex flex-col gap-4">
          <Field label="Provider">
            {(described) => (
              <Select
                {...described}
                disabled={stored !== null}
                value={provider?.id ?? ""}
                onChange={(event) => setChosen(event.target.value)}
              >
                {providers.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.title}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Name" help="To tell your keys apart.">
            {(described) => (
              <Input
                {...described}
                autoComplete="off"
                maxLength={200}
                placeholder={provider?.title}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          {needsAddress ? (
            <Field label="Server address" required help="The key is sent to this server and nowhere else.">
              {(described) => (
                <Input
                  {...described}
                  type="url"
                  required
                  autoComplete="off"
                  placeholder="https://example.com/v1"
                  value={address}
                  onChange={(event) => setAddress(event.target.value)}
                />
              )}
            </Field>
          ) : null}
          <Field label="API key" required help={provider?.key_help}>
            {(described) => (
              <Input
                {...described}
                type="password"
                required
                autoComplete="off"
                autoCorrect="off"
                autoCapitalize="off"
                spellCheck={false}
                data-1p-ignore
                data-lpignore="true"
                value={secret}
                onChange={(event) => setSecret(event.target.value)}
              />
            )}
          </Field>
          {save.isError ? (
            <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
              {sentenceOf(save.error)}
            </p>
          ) : null}
        </DialogBody>
        <DialogFoot>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!secret.trim() || !provider || save.isPending}>
            {stored ? "Replace" : "Add"}
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
