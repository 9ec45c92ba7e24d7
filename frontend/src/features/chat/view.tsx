// The chat with a stack: its conversations, what is said, and the box to ask in. The same over the canvas and as a page.
import { useQuery } from "@tanstack/react-query";
import { MessageSquare, PanelLeft, SquarePen, TriangleAlert } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { queries, useConnection } from "@/api";
import { useDeleting } from "@/model/shell/deletion";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Empty } from "@/ui/empty";
import { Loading, Skeleton } from "@/ui/skeleton";
import { ANSWER } from "./answer/lazy-part";
import { Composer } from "./composer/composer";
import { useFileDrop } from "./composer/drop";
import { Conversation } from "./conversation/conversation";
import { Conversations } from "./conversation/list";
import { runningTurn, shownOf } from "./conversation/shown-turn";
import { useEscape } from "./escape";
import { Announcer } from "./transcript/announcer";
import { Scroll } from "./transcript/scroll";
import { TurnView } from "./transcript/turn";
import "./chat.css";

export type ChatViewProps = {
  workflowId: string;
  name: string;
  /** Which conversation; null for one that begins with its first question. */
  sessionId: string | null;
  onSession: (id: string | null) => void;
  question?: string | null;
  onRun?: ((runId: string) => void) | undefined;
  beforeAsking?: (() => Promise<void>) | undefined;
  onClose?: (() => void) | undefined;
  /** Conversations stand beside what is said where there is room for both. */
  beside?: boolean;
  actions?: ReactNode;
  title: ReactNode;
};

export function ChatView(props: ChatViewProps) {
  const { workflowId, sessionId, onSession, beside = false } = props;
  // A conversation that gets its id with its first question stays the same one.
  const [open, setOpen] = useState({ key: 0, sessionId });
  const [listed, setListed] = useState(false);
  if (open.sessionId !== sessionId) setOpen({ key: open.key + 1, sessionId });
  const onMade = useCallback(
    (id: string) => {
      setOpen(({ key }) => ({ key, sessionId: id }));
      onSession(id);
    },
    [onSession],
  );
  useEscape(listed, beside, () => setListed(false));
  const choose = (id: string | null) => {
    setListed(false);
    if (id === null && sessionId === null) setOpen(({ key }) => ({ key: key + 1, sessionId: null }));
    onSession(id);
  };
  return (
    <div data-chat className="@container relative flex h-full min-h-0 w-full overflow-hidden">
      <aside
        aria-label="Conversations with this stack"
        className={classes(
          "z-20 w-68 shrink-0 flex-col border-r border-line bg-surface",
          beside && "@3xl:flex",
          listed ? "absolute inset-y-0 left-0 flex max-w-[85%] shadow-dialog" : "hidden",
          beside && "@3xl:static @3xl:max-w-none @3xl:shadow-none",
        )}
      >
        <Conversations workflowId={workflowId} shown={sessionId} onOpen={choose} />
      </aside>
      {listed ? (
        <button
          type="button"
          aria-label="Close the list of conversations"
          className={classes("absolute inset-0 z-10 animate-fade bg-scrim/55", beside && "@3xl:hidden")}
          onClick={() => setListed(false)}
        />
      ) : null}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line bg-surface px-2">
          <IconButton
            label="Conversations"
            aria-expanded={listed}
            className={beside ? "@3xl:hidden" : ""}
            onClick={() => setListed(!listed)}
          >
            <PanelLeft />
          </IconButton>
          <div className="min-w-0 flex-1 truncate px-1.5 font-semibold">{props.title}</div>
          <IconButton label="New conversation" className={beside ? "@3xl:hidden" : ""} onClick={() => choose(null)}>
            <SquarePen />
          </IconButton>
          {props.actions}
        </header>
        <Said key={open.key} {...props} onMade={onMade} />
      </div>
    </div>
  );
}

const nothingToWaitFor = () => Promise.resolve();

function Said(props: ChatViewProps & { onMade: (id: string) => void }) {
  const { workflowId, sessionId, onRun, beforeAsking, onMade, beside = false } = props;
  const [conversation] = useState(
    () =>
      new Conversation({
        workflowId,
        sessionId,
        onSession: onMade,
        onRun: onRun ?? (() => {}),
        beforeAsking: beforeAsking ?? nothingToWaitFor,
      }),
  );
  useEffect(() => {
    conversation.start();
    return () => conversation.stop();
  }, [conversation]);
  const { phase: loaded, turns, error } = useStore(conversation.store);
  const isDeleted = useDeleting((state) => sessionId !== null && state.ids.has(sessionId));
  const phase = isDeleted ? "gone" : loaded;
  const chat = useRef<HTMLDivElement>(null);
  const drop = useFileDrop(workflowId);
  const [toEnd, setToEnd] = useState(0);
  const now = runningTurn(turns);
  const last = turns.of[turns.path.at(-1) ?? ""];
  const heard = now ?? last ?? null;
  const willBeDrawn = sessionId !== null || turns.order.length > 0;
  useEffect(() => {
    if (willBeDrawn) void ANSWER.fetch();
  }, [willBeDrawn]);
  const say = (text: string) => {
    conversation.ask(text);
    setToEnd((count) => count + 1);
  };
  useEscape(now !== null, beside, () => conversation.cancel());
  const row = useCallback((id: string) => <TurnView conversation={conversation} id={id} />, [conversation]);

  if (phase === "gone" || phase === "failed") {
    return (
      <div className="flex-1 overflow-y-auto">
        <Empty
          icon={TriangleAlert}
          title={phase === "gone" ? "This conversation does not exist" : "The conversation can’t be opened"}
          actions={
            phase === "gone" ? (
              <Button variant="primary" onClick={() => props.onSession(null)}>
                New conversation
              </Button>
            ) : (
              <Button onClick={() => conversation.reload()}>Try again</Button>
            )
          }
        >
          {phase === "gone" ? "It was deleted, or the link is incomplete." : error}
        </Empty>
      </div>
    );
  }
  return (
    <div
      ref={chat}
      tabIndex={-1}
      {...drop.handlers}
      className="relative flex min-h-0 flex-1 flex-col bg-ground outline-none"
    >
      {drop.over ? (
        <p className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-ground/90 font-medium">
          Add to Knowledge Base
        </p>
      ) : null}
      <Reconnecting />
      {phase === "loading" ? (
        <Waiting />
      ) : turns.order.length ? (
        <Scroll ids={turns.path} row={row} toEnd={toEnd} label="Conversation" />
      ) : (
        <Begin workflowId={workflowId} onAsk={say} />
      )}
      <div className="shrink-0 px-3 pt-2 pb-3 sm:px-6 sm:pb-5">
        <Composer
          question={props.question ?? ""}
          last={last?.question ?? ""}
          running={now !== null}
          onAsk={say}
          onStop={() => conversation.cancel()}
          onLeave={() => chat.current?.focus()}
          conversation={sessionId ?? `new ${workflowId}`}
        />
      </div>
      <Announcer shown={heard ? shownOf(heard) : null} />
    </div>
  );
}

/** Over what is said, so that nothing moves when it comes and goes. */
function Reconnecting() {
  const status = useConnection((state) => state.status);
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-0 z-10">
      {status === "reconnecting" ? (
        <p className="animate-fade bg-warn-soft py-0.5 text-center text-xs font-medium text-warn">Reconnecting…</p>
      ) : null}
    </div>
  );
}

/** A conversation that has not begun: what the stack suggests to ask. */
function Begin({ workflowId, onAsk }: { workflowId: string; onAsk: (text: string) => void }) {
  const found = useQuery(queries.workflow(workflowId));
  const examples = examplesIn(found.data?.configuration);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="mx-auto my-auto w-full max-w-xl px-6 py-8 text-center">
        <span className="mb-4 inline-grid size-12 place-items-center rounded-xl bg-accent-soft text-accent-ink">
          <MessageSquare className="size-6" aria-hidden />
        </span>
        <h2 className="text-xl font-semibold tracking-tight">What would you like to know?</h2>
        <p className="mx-auto mt-1.5 max-w-sm text-muted">
          Your question goes through the stack, and its answer comes back here, with its sources.
        </p>
        {examples.length ? (
          <ul aria-label="Suggested questions" className="mt-6 flex flex-wrap justify-center gap-2">
            {examples.map((example) => (
              <li key={example} className="max-w-full">
                <Button
                  className="h-auto min-h-9 max-w-full py-1.5 text-left whitespace-normal"
                  onClick={() => onAsk(example)}
                >
                  {example}
                </Button>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}

/** What nodes that have examples of questions suggest. */
function examplesIn(configuration: Record<string, unknown> | undefined): string[] {
  const nodes = (configuration?.["nodes"] ?? []) as ReadonlyArray<{ data?: { config?: { examples?: unknown } } }>;
  const told = nodes.flatMap(({ data }) => (Array.isArray(data?.config?.examples) ? data.config.examples : []));
  return [...new Set(told.map(String).filter((text) => text.trim()))].slice(0, 12);
}

function Waiting() {
  return (
    <div className="mx-auto w-full max-w-3xl flex-1 px-6 pt-6">
      <Loading what="the conversation" />
      <Skeleton className="ml-auto h-11 w-1/2 rounded-2xl" />
      <Skeleton className="mt-6 h-4 w-11/12" />
      <Skeleton className="mt-2 h-4 w-4/5" />
      <Skeleton className="mt-2 h-4 w-3/5" />
    </div>
  );
}
