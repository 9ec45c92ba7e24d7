// The editor: library, canvas or outline, and what stands beside them.
import { useEffect, useMemo } from "react";
import { queries, sentenceOf } from "@/api";
import { AddPalette, act, Canvas, KeysOverlay, LiveRegion, listen, setCanvasState, shortcuts } from "@/features/canvas";
import { Library } from "@/features/library";
import { labelOf } from "@/model/graph/rules";
import { isNote } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { watch } from "@/model/run/running";
import { type Command, offerCommands } from "@/model/shell/commands";
import { examplePrepared } from "@/model/stack/example";
import { flush, useSaving } from "@/model/stack/saving";
import { classes } from "@/ui/classes";
import { whenIdle } from "@/ui/idle";
import { useTitle } from "@/ui/page-head";
import { part } from "@/ui/part";
import { toast } from "@/ui/toast";
import { useWindowWidth } from "@/ui/window-width";
import { addFiles } from "./add-files";
import { EditorBar } from "./bar";
import { EmptyCanvas } from "./empty-canvas";
import { useNodeInAddress } from "./node-in-address";
import { isPhone, panels, showsLibrary, useInAddress, usePanels } from "./panels";
import { PastRunBanner, usePastRun } from "./past-run";
import { ProblemPill } from "./problems";
import { Inspector, NodeSettings, RunList, SidePanel } from "./side-panel";

const ChatPanel = part(async () => (await import("@/features/chat")).ChatPanel);
const ConflictDialog = part(async () => (await import("./conflict")).ConflictDialog);
const Outline = part(async () => (await import("@/features/outline")).Outline);
const FindNode = part(async () => (await import("./find-node")).FindNode);

/** Opens the chat once everything is saved: what is asked is what is seen. */
export function openChat(question: string | null = null): void {
  panels({ side: null, chat: { question } });
  flush().catch((error) => toast(sentenceOf(error), { tone: "bad" }));
}

const SKIP =
  "sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-3 focus:py-2 focus:shadow-float";

const PRELOAD_AFTER_MS = 120_000; // what a first visit needs comes first

/** Fetched when the browser is idle, so that a lost network takes none of them away. */
const PARTS = [NodeSettings, Inspector, RunList, ChatPanel, FindNode];

function preloadParts(): void {
  for (const one of PARTS) one.preload();
}

/** Everything is saved by itself; who presses the keys for it wants to be sure. */
function saveNow(): void {
  flush().then(
    () => toast("Saved.", { tone: "good" }),
    (error: unknown) => toast(sentenceOf(error), { tone: "bad" }),
  );
}

/** Back to the settings where a node is still selected. */
function closeChat(): void {
  const selected = useStack.getState().graph.nodes.filter((node) => node.selected && !isNote(node));
  panels({ chat: null, side: selected.length === 1 ? "node" : null });
}

/** A click on a node that is selected already opens its settings again. */
function openSettings(id: string): void {
  const node = shownGraph(useStack.getState()).nodes.find((one) => one.id === id);
  if (node?.selected && !isNote(node)) panels({ side: "node" });
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
    panels({ side: null, chat: { question } });
    setQuestion(null);
  }, [question, setQuestion]);
}

export function EditorView({ id }: { id: string }) {
  const name = useStack((state) => state.graph.name);
  const { outline, chat, side, finding, ...beside } = usePanels();
  const library = showsLibrary({ ...beside, chat }, useWindowWidth());
  const beneath = chat !== null && side !== null;
  const conflict = useSaving((saving) => saving.state === "conflict");
  const list = useMemo(
    () =>
      shortcuts({
        chat: () => openChat(),
        close: () => panels({ side: null }),
        find: () => panels({ finding: true }),
        save: saveNow,
      }),
    [],
  );
  useTitle(name);
  useEffect(() => listen(list), [list]);
  useEffect(() => offerCommands(nodeCommands), []);
  useEffect(() => () => panels({ side: null, tab: "settings", chat: null, focus: null }), []);
  useEffect(() => whenIdle(preloadParts, PRELOAD_AFTER_MS), []);
  useNodeInAddress();
  useQuestionInAddress();
  usePastRun();
  useLastRun(id);

  return (
    <div className="flex h-full flex-col overflow-hidden">
      <button type="button" className={SKIP} onClick={act.focusFirstNode}>
        Skip to the canvas
      </button>
      <EditorBar id={id} library={library} onRun={() => openChat()} />
      <PastRunBanner />
      <div className={classes("relative flex min-h-0 flex-1", chat && !beneath && "lg:pr-[28.5rem]")}>
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
              if (isPhone()) panels({ library: false });
            }}
            onAddNote={() => act.addNote()}
          />
        </aside>
        <main className="relative min-w-0 flex-1">
          <h1 className="sr-only">{name}</h1>
          {outline ? (
            <Outline
              onOpen={(node) => {
                act.goToNode(node);
                panels({ side: "node", tab: "settings" });
              }}
              onAdd={() => setCanvasState({ adding: { kind: "node", at: null } })}
              onConnect={(from) => setCanvasState({ adding: { kind: "wire", from, at: null, ports: true } })}
            />
          ) : (
            <Canvas onOpen={openSettings} onFiles={(files) => addFiles(id, files)}>
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
      {finding ? <FindNode onClose={() => panels({ finding: false })} /> : null}
      {conflict ? <ConflictDialog /> : null}
      {chat ? (
        <div hidden={beneath}>
          <ChatPanel
            workflowId={id}
            name={name}
            question={chat.question}
            beforeAsking={prepared}
            onRun={(runId) => {
              watch(runId);
              void queries.refreshRuns(id);
            }}
            onClose={closeChat}
          />
        </div>
      ) : null}
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
