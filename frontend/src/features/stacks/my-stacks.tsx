// My Stacks: what was built, and what to begin with.
import { useQuery } from "@tanstack/react-query";
import { Layers3, Plus, Search, SearchX, Upload } from "lucide-react";
import { type DragEvent, useDeferredValue, useRef, useState } from "react";
import { queries, sentenceOf, type WorkflowItem } from "@/api";
import { BLANK, imported, isLeaving, make, removeSoon, takeBack } from "@/model/stack/stacks";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Empty } from "@/ui/empty";
import { Input } from "@/ui/field";
import { useNavigate } from "@/ui/router";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { StackCard } from "./card";
import { TemplateCard } from "./template-card";

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(17rem,100%),1fr))] gap-4";

export function MyStacks() {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [, setGone] = useState(0);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const words = useDeferredValue(text.trim());
  const found = useQuery({ ...queries.workflows(words), placeholderData: (before) => before });
  const ready = useQuery(queries.templates());

  const open = async (draft: Parameters<typeof make>[0]) => {
    setBusy(true);
    try {
      const made = await make(draft);
      await navigate(`/stacks/${made.id}`);
    } catch (error) {
      toast(sentenceOf(error), { tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  const take = async (files: FileList | null) => {
    for (const file of files ?? []) {
      try {
        await open(imported(await file.text(), file.name));
      } catch (error) {
        toast(sentenceOf(error), { tone: "bad" });
      }
    }
  };
  const remove = (stack: WorkflowItem) => {
    const redraw = () => setGone((count) => count + 1);
    removeSoon(stack.id, (error) => {
      toast(sentenceOf(error), { tone: "bad" });
      redraw();
    });
    redraw();
    const undo = () => {
      if (takeBack(stack.id)) redraw();
      else void queries.refreshWorkflows();
    };
    toast(`“${stack.name}” is deleted, with its documents and chats.`, {
      action: { label: "Undo", run: undo },
      stays: 7_500,
    });
  };
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
      void take(event.dataTransfer.files);
    },
  };

  const stacks = (found.data?.items ?? []).filter((stack) => !isLeaving(stack.id));
  return (
    <div
      {...dropping}
      className={classes("rounded-xl", over && "outline-2 outline-offset-8 outline-accent outline-dashed")}
    >
      <div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-3">
        <h1 className="mr-auto text-2xl font-semibold tracking-tight">My stacks</h1>
        <div className="flex w-full gap-2 sm:w-auto">
          <div className="relative min-w-0 flex-1 sm:w-60">
            <Search
              className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
              aria-hidden
            />
            <Input
              type="search"
              aria-label="Search stacks"
              placeholder="Search stacks"
              className="pl-9"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
          <Button className="h-9" onClick={() => picker.current?.click()}>
            <Upload aria-hidden />
            Import
          </Button>
          <Button variant="primary" className="h-9" disabled={busy} onClick={() => void open(BLANK)}>
            <Plus aria-hidden />
            New stack
          </Button>
        </div>
        <input
          ref={picker}
          type="file"
          accept=".json,application/json"
          multiple
          hidden
          aria-label="Import a stack from a file"
          onChange={(event) => {
            void take(event.target.files).then(() => {
              if (picker.current) picker.current.value = "";
            });
          }}
        />
      </div>

      {found.isPending ? <Waiting /> : null}
      {found.isError && !found.data ? (
        <Empty
          icon={SearchX}
          title="The stacks could not be read"
          actions={<Button onClick={() => void found.refetch()}>Try again</Button>}
        >
          {sentenceOf(found.error)}
        </Empty>
      ) : null}
      {stacks.length ? (
        <ul className={GRID}>
          {stacks.map((stack) => (
            <StackCard key={stack.id} stack={stack} onDelete={() => remove(stack)} />
          ))}
        </ul>
      ) : null}
      {found.data && !stacks.length ? (
        words ? (
          <Empty icon={SearchX} title="No stack fits" actions={<Button onClick={() => setText("")}>Show all</Button>}>
            No name or description has “{words}” in it.
          </Empty>
        ) : (
          <Empty
            icon={Layers3}
            title="Build your first stack"
            actions={
              <Button variant="primary" disabled={busy} onClick={() => void open(BLANK)}>
                <Plus aria-hidden />
                New stack
              </Button>
            }
          >
            Begin with an empty canvas, or take one of the templates below: they run at once.
          </Empty>
        )
      ) : null}

      {words ? null : (
        <section aria-labelledby="templates" className="mt-12">
          <h2 id="templates" className="text-lg font-semibold">
            Templates
          </h2>
          <p className="mb-4 text-muted">Each makes a stack of your own that runs at once.</p>
          <ul className={GRID}>
            {ready.data?.items.map((template) => (
              <TemplateCard key={template.id} template={template} busy={busy} onUse={() => void open(pick(template))} />
            )) ?? [1, 2, 3].map((place) => <Skeleton key={place} className="h-52" />)}
          </ul>
        </section>
      )}
    </div>
  );
}

const pick = ({ name, description, configuration }: Parameters<typeof make>[0]) => ({
  name,
  description,
  configuration,
});

function Waiting() {
  return (
    <>
      <Loading what="stacks" />
      <div className={GRID}>
        {[1, 2, 3, 4].map((place) => (
          <Skeleton key={place} className="h-[15.5rem]" />
        ))}
      </div>
    </>
  );
}
