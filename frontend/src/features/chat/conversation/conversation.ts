// One conversation: what is stored, what happens now, and what the person does in it.
import { createStore, type StoreApi } from "zustand";
import {
  call,
  type Event,
  isPassing,
  type MessageOut,
  Problem,
  queries,
  sentenceOf,
  type Conversation as Talking,
  talk,
} from "@/api";
import { newRun, reasoningSoFar, reduce } from "@/model/run/run";
import { asked, goingOn, heard, NO_TURNS, recalled, refused, type Turns, without, withStored, wrongOf } from "./turns";
import { drop, keep, unsentOf } from "./unsent";

export type Phase = "loading" | "ready" | "gone" | "failed";
export type State = { phase: Phase; sessionId: string | null; turns: Turns; error: string | null };

type Options = {
  workflowId: string;
  /** Null for one that begins with its first question. */
  sessionId: string | null;
  onSession: (id: string) => void;
  onRun: (runId: string) => void;
  beforeAsking: () => Promise<void>;
};

const TOGETHER = 50; // milliseconds for which events are gathered, so that the page is drawn at most so often
const PAGE = 500; // messages or events

export class Conversation {
  readonly store: StoreApi<State>;
  private readonly options: Options;
  private line: Talking | null = null;
  private making: Promise<string> | null = null;
  private gathered: Event[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When the stored messages were last asked for, as the session told it. */
  private known: string | null = null;
  private catching = Promise.resolve();
  private stopped = false;

  constructor(options: Options) {
    this.options = options;
    const phase = options.sessionId ? "loading" : "ready";
    this.store = createStore<State>(() => ({ phase, sessionId: options.sessionId, turns: NO_TURNS, error: null }));
  }

  start(): void {
    this.stopped = false;
    const { sessionId } = this.store.getState();
    if (!sessionId) return;
    this.join(sessionId);
    for (const { id, content } of unsentOf(sessionId)) {
      this.change((turns) => asked(turns, id, content, new Date().toISOString()));
      this.line?.say(id, content);
    }
    this.catchUp(sessionId);
  }

  stop(): void {
    this.stopped = true;
    this.flush();
    this.line?.close();
    this.line = null;
    this.known = null;
  }

  /** Shown at once; goes out when the stack is saved and the conversation exists. */
  ask(content: string, id: string = crypto.randomUUID()): void {
    this.change((turns) => asked(turns, id, content, new Date().toISOString()));
    void this.send(id, content);
  }

  /** Once more, as a new question; one that was never taken keeps its place. */
  again(id: string): void {
    const turn = this.store.getState().turns.of[id];
    if (!turn) return;
    if (turn.runId === null) this.change((turns) => without(turns, id));
    this.ask(turn.question);
  }

  /** Stops the answer that is being given. */
  cancel(): void {
    const turn = goingOn(this.store.getState().turns);
    if (turn?.runId) this.line?.cancel(turn.runId);
  }

  /** The thoughts of an answer that was given before this page was there; without any, a sentence that says so. */
  async recall(id: string, runId: string): Promise<string | null> {
    const run = (await allEvents(runId)).reduce(reduce, newRun(runId));
    if (reasoningSoFar(run)) {
      this.change((turns) => recalled(turns, id, run));
      return null;
    }
    const { trimmed_at: trimmed } = await call("GET /runs/{run_id}", { path: { run_id: runId } });
    return trimmed ? "Its thoughts were kept for a while, and are gone." : "It told no thoughts.";
  }

  reload(): void {
    const { sessionId } = this.store.getState();
    if (sessionId) this.catchUp(sessionId);
  }

  private async send(id: string, content: string): Promise<void> {
    try {
      await this.options.beforeAsking();
      const sessionId = await this.session();
      keep({ id, content, sessionId });
      this.join(sessionId);
      this.line?.say(id, content);
    } catch (error) {
      const reference = error instanceof Problem ? error.requestId : null;
      this.change((turns) => refused(turns, id, { message: sentenceOf(error), details: [], reference }));
    }
  }

  private async session(): Promise<string> {
    const { sessionId } = this.store.getState();
    if (sessionId) return sessionId;
    this.making ??= this.make();
    return this.making;
  }

  private async make(): Promise<string> {
    try {
      const { id, updated_at } = await patiently(() =>
        call("POST /workflows/{workflow_id}/sessions", { path: { workflow_id: this.options.workflowId }, body: {} }),
      );
      this.known = updated_at;
      this.store.setState({ sessionId: id });
      this.options.onSession(id);
      return id;
    } finally {
      this.making = null;
    }
  }

  private join(sessionId: string): void {
    if (this.line || this.stopped) return;
    this.line = talk(sessionId, {
      onEvent: (event) => this.take(event),
      onError: (error) => {
        if (!error.id) return;
        drop(error.id);
        const { id } = error;
        this.change((turns) => refused(turns, id, wrongOf(error)));
      },
      onOpen: () => this.catchUp(sessionId),
      onGone: () => this.store.setState({ phase: "gone" }),
    });
  }

  /** What happened while nobody listened: stored messages where there are new ones, and the run that goes on. */
  private catchUp(sessionId: string): void {
    this.catching = this.catching.then(() => this.catchUpOnce(sessionId));
  }

  private async catchUpOnce(sessionId: string): Promise<void> {
    if (this.stopped) return;
    try {
      const session = await call("GET /sessions/{session_id}", { path: { session_id: sessionId } });
      if (session.updated_at !== this.known || this.store.getState().phase === "loading") {
        const messages = await allMessages(sessionId);
        this.known = session.updated_at;
        this.store.setState(({ turns }) => ({ phase: "ready", error: null, turns: withStored(turns, messages) }));
      }
      if (session.active_run && !this.stopped) {
        this.line?.follow(session.active_run, this.seen(session.active_run));
        this.options.onRun(session.active_run);
      }
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 422)) {
        this.store.setState({ phase: "gone" });
      } else if (this.store.getState().phase === "loading" && !isPassing(error)) {
        this.store.setState({ phase: "failed", error: sentenceOf(error) });
      } // else the next connection asks again
    }
  }

  private seen(runId: string): number {
    const { of, byRun } = this.store.getState().turns;
    return of[byRun[runId] ?? ""]?.run?.seq ?? 0;
  }

  /** The first event is shown at once, those that come soon after it together. */
  private take(event: Event): void {
    if (event.type === "message.accepted") {
      drop(event.data.message.id);
      this.options.onRun(event.run_id);
    }
    this.gathered.push(event);
    if (this.timer !== undefined) return;
    this.flush();
    const next = () => {
      this.timer = undefined;
      if (!this.gathered.length) return;
      this.flush();
      this.timer = setTimeout(next, TOGETHER);
    };
    this.timer = setTimeout(next, TOGETHER);
  }

  private flush(): void {
    const events = this.gathered;
    this.gathered = [];
    if (!events.length) return;
    this.change((turns) => events.reduce(heard, turns));
    if (events.some(({ type }) => type === "message.accepted" || type === "run.finished")) {
      void queries.refreshSessions(this.options.workflowId);
    }
  }

  private change(how: (turns: Turns) => Turns): void {
    this.store.setState(({ turns }) => ({ turns: how(turns) }));
  }
}

type Page<T> = { items: ReadonlyArray<T>; total: number };

async function allOf<T>(page: (part: { skip: number; limit: number }) => Promise<Page<T>>): Promise<T[]> {
  const first = await page({ skip: 0, limit: PAGE });
  const skips = Array.from(
    { length: Math.max(0, Math.ceil(first.total / PAGE) - 1) },
    (_, index) => (index + 1) * PAGE,
  );
  const others = await Promise.all(skips.map((skip) => page({ skip, limit: PAGE })));
  return [first, ...others].flatMap(({ items }) => [...items]);
}

const allMessages = (session_id: string): Promise<MessageOut[]> =>
  allOf((query) => call("GET /sessions/{session_id}/messages", { path: { session_id }, query }));

/** Of a run that has ended. */
const allEvents = (run_id: string): Promise<Event[]> =>
  allOf((query) => call("GET /runs/{run_id}/events", { path: { run_id }, query }) as Promise<Page<Event>>);

/** While the server is away for a moment, what was asked waits. */
async function patiently<T>(work: () => Promise<T>, left = 5): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (left === 0 || !isPassing(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return patiently(work, left - 1);
  }
}
