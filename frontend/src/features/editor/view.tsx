// The editor: library, canvas or outline, and what stands beside them.
import { lazy, Suspense, useEffect, useMemo } from "react";
import { queries, sentenceOf } from "@/api";
import { AddPalette, act, Canvas, KeysOverlay, LiveRegion, listen, setCanvasState, shortcuts } from "@/features/canvas";
import { Library } from "@/features/library";
import { labelOf } from "@/model/graph/rules";
import { isNote } from "@/model/graph/shape";
import { canEdit, shownGraph, useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { watch } from "@/model/run/running";
import { type Command, offerCommands } from "@/model/shell/commands";
import { examplePrepared } from "@/model/stack/example";
import { flush, useSaving } from "@/model/stack/saving";
import { classes } from "@/ui/classes";
import { useTitle } from "@/ui/page-head";
import { toast } from "@/ui/toast";
import { EditorBar } from "./bar";
import { useNodeInAddress } from "./node-in-address";
import { panels, useInAddress, usePanels } from "./panels";
import { PastRunBanner, usePastRun } from "./past-run";
import { ProblemPill } from "./problems";
import { SidePanel } from "./side-panel";

const ChatPanel = lazy(async () => ({ default: (await import("@/features/chat")).ChatPanel }));
const ConflictDialog = lazy(async () => ({ default: (await import("./conflict")).ConflictDialog }));
const Outline = lazy(async () => ({ default: (await import("@/features/outline")).Outline }));

/** Opens the chat once everything is saved: what is asked is what is seen. */
export function openChat(question: string | null = null): void {
  panels({ chat: { question } });
  flush().catch((error) => toast(sentenceOf(error), { tone: "bad" }));
}

/** What is asked is what is seen: saved, and with its document. */
async function prepared(): Promise<void> {
  await flush();
  await examplePrepared();
}

function nodeCommands(): Command[] {
  const catalog = catalogNow();
  const nodes = shownGraph(useStack.getState()).nodes.filter((node) => !isNote(node));
  return nodes.map((node) => ({
    id: node.id,
    label: labelOf(node, catalog),
    detail: catalog.types.get(node.type ?? "")?.title ?? "",
    run: () => act.goToNode(node.id),
  }));
}

/** `?ask=…` opens the chat with that question in its box. */
function useQuestionInAddress(): void {
  const [question, setQuestion] = useInAddress("ask");
  useEffect(() => {
    if (question === null) return;
    panels({ chat: { question } });
    setQuestion(null);
  }, [question, setQuestion]);
}

export function EditorView({ id }: { id: string }) {
  const name = useStack((state) => state.graph.name);
  const { library, outline, chat } = usePanels();
  const conflict = useSaving((saving) => saving.state === "conflict");
  const list = useMemo(() => shortcuts({ chat: () => openChat(), close: () => panels({ side: null }) }), []);
  useTitle(name);
  useEffect(() => listen(list), [list]);
  useEffect(() => offerCommands(nodeCommands), []);
  useEffect(() => () => panels({ side: null, tab: "settings", chat: null }), []);
  const chatting = chat !== null;
  useEffect(() => {
    if (!chatting) return;
    const timer = setTimeout(act.fitWhatIsHidden, 150); // once the canvas has made room
    return () => clearTimeout(timer);
  }, [chatting]);
  useNodeInAddress();
  useQuestionInAddress();
  usePastRun();
  useLastRun(id);

  return (
    <div className="flex h-full flex-col overflow-hidden">
      <EditorBar id={id} onChat={() => openChat()} />
      <PastRunBanner />
      <div className={classes("relative flex min-h-0 flex-1", chat && "lg:pr-[28.5rem]")}>
        <aside
          aria-label="Components"
          className={classes(
            "z-20 flex w-62 shrink-0 flex-col border-r border-line bg-surface",
            "max-md:absolute max-md:inset-y-0 max-md:left-0 max-md:shadow-dialog",
            !library && "hidden",
          )}
        >
          <Library
            onAdd={(type) => {
              act.add(type);
              if (window.innerWidth < 768) panels({ library: false });
            }}
            onAddNote={() => act.addNote()}
          />
        </aside>
        <main className="relative min-w-0 flex-1">
          <h1 className="sr-only">{name}</h1>
          {outline ? (
            <Suspense>
              <Outline
                onOpen={(node) => {
                  act.goToNode(node);
                  panels({ side: "node", tab: "settings" });
                }}
                onAdd={() => setCanvasState({ adding: { kind: "node", at: null } })}
                onConnect={(from) => setCanvasState({ adding: { kind: "wire", from, at: null, ports: true } })}
              />
            </Suspense>
          ) : (
            <Canvas>
              <EmptyCanvas />
            </Canvas>
          )}
          <ProblemPill />
        </main>
        <SidePanel id={id} />
      </div>
      <AddPalette />
      <KeysOverlay list={list} />
      <LiveRegion />
      <Suspense>
        {conflict ? <ConflictDialog /> : null}
        {chat ? (
          <ChatPanel
            workflowId={id}
            name={name}
            question={chat.question}
            beforeAsking={prepared}
            onRun={(runId) => {
              watch(runId);
              void queries.refreshRuns(id);
            }}
            onClose={() => panels({ chat: null })}
          />
        ) : null}
      </Suspense>
    </div>
  );
}

/** What the last run did is there to be looked at when a stack is opened. */
function useLastRun(id: string): void {
  useEffect(() => {
    const gone = new AbortController();
    void import("./last-run").then(({ showLastRun }) => showLastRun(id, gone.signal));
    return () => gone.abort();
  }, [id]);
}

function EmptyCanvas() {
  const empty = useStack((state) => state.graph.nodes.length === 0);
  if (!empty || !canEdit()) return null;
  return (
    <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center p-6 text-center">
      <div className="max-w-xs">
        <p className="text-lg font-semibold">An empty canvas</p>
        <p className="mt-1 text-muted">
          Drag a component here from the left, or press <kbd className="font-sans font-semibold text-ink">/</kbd>. A
          stack begins with a User Query and ends with an Output.
        </p>
      </div>
    </div>
  );
}
