// My stacks: found, ordered, opened, made, imported.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Layers3, SearchX, TriangleAlert } from "lucide-react";
import { type DragEvent, useDeferredValue, useState } from "react";
import { queries, sentenceOf, type WorkflowItem } from "@/api";
import { useDeleting } from "@/model/shell/deletion";
import { importedInWords, readStackFile } from "@/model/stack/file";
import { type Draft, make } from "@/model/stack/stacks";
import { send } from "@/model/stack/uploads";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Empty } from "@/ui/empty";
import { useNavigate } from "@/ui/router";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { ListEnd } from "@/ui/visible";
import { StackCard, StackLine } from "./card";
import { NewStack, Starts } from "./new-stack";
import { Toolbar } from "./toolbar";
import { type StacksView, useStacksView } from "./view";

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(min(17rem,100%),1fr))] gap-4";
const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });

export function MyStacks() {
  const view = useStacksView();
  const [choosing, setChoosing] = useState(false);
  const { busy, open, takeFiles } = useNewStacks();
  const drop = useDrop(takeFiles);
  const words = useDeferredValue(view.words.trim());
  const found = useInfiniteQuery({
    ...queries.workflowPages({ q: words, tag: view.tag, sort: view.sort }),
    placeholderData: (before) => before,
  });
  const deleting = useDeleting((state) => state.ids);
  const stacks = (found.data?.pages.flatMap((page) => page.items) ?? []).filter((stack) => !deleting.has(stack.id));
  const isFiltered = words !== "" || view.tag !== "";
  return (
    <div
      {...drop.handlers}
      className={classes("rounded-xl", drop.isOver && "outline-2 outline-offset-8 outline-accent outline-dashed")}
    >
      <Toolbar view={view} busy={busy} onNew={() => setChoosing(true)} onFiles={takeFiles} />
      {found.isPending ? <Waiting /> : null}
      {found.isError && !found.data ? (
        <Empty
          icon={TriangleAlert}
          title="The stacks could not be loaded"
          actions={<Button onClick={() => void found.refetch()}>Try again</Button>}
        >
          {sentenceOf(found.error)}
        </Empty>
      ) : null}
      <Stacks stacks={stacks} view={view} />
      {found.hasNextPage ? (
        <>
          <ListEnd key={stacks.length} onSeen={() => void found.fetchNextPage()} />
          {found.isFetchNextPageError ? (
            <p className="mt-4 flex items-center justify-center gap-3 text-sm text-bad">
              {sentenceOf(found.error)}
              <Button onClick={() => void found.fetchNextPage()}>Try again</Button>
            </p>
          ) : (
            <Skeleton className="mt-4 h-16" />
          )}
        </>
      ) : null}
      {found.data && !stacks.length ? (
        isFiltered ? (
          <NothingFound view={view} />
        ) : (
          <FirstStack busy={busy} onMake={(draft) => void open(draft)} />
        )
      ) : null}
      {choosing ? (
        <NewStack busy={busy} onMake={(draft) => void open(draft)} onClose={() => setChoosing(false)} />
      ) : null}
    </div>
  );
}

/** Makes stacks and goes to them: new ones, and those in files. */
function useNewStacks() {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const open = async (draft: Draft) => {
    setBusy(true);
    try {
      const made = await make(draft);
      navigate(`/stacks/${made.id}`);
      return made;
    } finally {
      setBusy(false);
    }
  };
  const take = async (file: File) => {
    const read = await readStackFile(file);
    const made = await open(read.draft);
    send({ workflowId: made.id }, read.documents);
    toast(importedInWords(read), read.missing.length ? { stays: null } : { tone: "good" });
  };
  const takeFiles = async (files: FileList | null) => {
    for (const file of files ?? []) await take(file).catch(failed);
  };
  return { busy, open: (draft: Draft) => open(draft).catch(failed), takeFiles };
}

function useDrop(onFiles: (files: FileList) => Promise<void>) {
  const [isOver, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void onFiles(event.dataTransfer.files);
    },
  };
  return { isOver, handlers };
}

function Stacks({ stacks, view }: { stacks: ReadonlyArray<WorkflowItem>; view: StacksView }) {
  if (!stacks.length) return null;
  const One = view.view === "grid" ? StackCard : StackLine;
  return (
    <ul
      aria-label="Stacks"
      className={
        view.view === "grid" ? GRID : "divide-y divide-line rounded-xl border border-line bg-surface shadow-card"
      }
    >
      {stacks.map((stack) => (
        <One key={stack.id} stack={stack} onTag={view.setTag} />
      ))}
    </ul>
  );
}

function NothingFound({ view }: { view: StacksView }) {
  const showAll = () => {
    view.setWords("");
    view.setTag("");
  };
  return (
    <Empty icon={SearchX} title="No stacks found" actions={<Button onClick={showAll}>Show all stacks</Button>}>
      {view.words ? `No name or description contains “${view.words}”` : "No stack"}
      {view.tag ? `${view.words ? " in the stacks" : " is"} tagged “${view.tag}”.` : "."}
    </Empty>
  );
}

function FirstStack({ busy, onMake }: { busy: boolean; onMake: (draft: Draft) => void }) {
  return (
    <>
      <Empty icon={Layers3} title="Build your first stack">
        Start with an empty canvas or with a template. Every template runs right away, without an API key.
      </Empty>
      <Starts busy={busy} onMake={onMake} />
    </>
  );
}

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
