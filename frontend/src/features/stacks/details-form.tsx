// A stack's name, description and tags.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { queries, sentenceOf, type WorkflowItem } from "@/api";
import { tagsOf } from "@/model/stack/stacks";
import { Button } from "@/ui/button";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { Field, Input, TextArea } from "@/ui/field";

export function DetailsForm({ stack, onClose }: { stack: WorkflowItem; onClose: () => void }) {
  const [name, setName] = useState(stack.name);
  const [description, setDescription] = useState(stack.description);
  const [tags, setTags] = useState(stack.tags.join(", "));
  const known = useQuery(queries.workflowTags()).data?.items ?? [];
  const list = useId();
  const save = useMutation({
    mutationFn: () => queries.changeWorkflow(stack.id, { name: name.trim(), description, tags: tagsOf(tags) }),
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const unused = known.filter(({ tag }) => !tagsOf(tags).includes(tag));
  return (
    <Dialog open onOpenChange={onClose} title="Edit details">
      <form onSubmit={submit} className="contents">
        <DialogBody className="flex flex-col gap-4">
          <Field label="Name" required>
            {(described) => (
              <Input
                {...described}
                autoFocus
                required
                autoComplete="off"
                maxLength={200}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Description">
            {(described) => (
              <TextArea
                {...described}
                maxLength={10_000}
                value={description}
                onChange={(event) => setDescription(event.target.value)}
              />
            )}
          </Field>
          <Field label="Tags" help="Separate tags with commas.">
            {(described) => (
              <Input
                {...described}
                autoComplete="off"
                list={list}
                placeholder="support, drafts"
                value={tags}
                onChange={(event) => setTags(event.target.value)}
              />
            )}
          </Field>
          <datalist id={list}>
            {unused.map(({ tag }) => (
              <option key={tag} value={[...tagsOf(tags), tag].join(", ")} />
            ))}
          </datalist>
          {save.isError ? (
            <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
              {sentenceOf(save.error)}
            </p>
          ) : null}
        </DialogBody>
        <DialogFoot>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!name.trim() || save.isPending}>
            Save
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
