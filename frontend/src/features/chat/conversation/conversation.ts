// One conversation: what is stored, what happens now, and what the person does in it.
import { createStore, type StoreApi } from "zustand";
import {
  call,
  type Event,
  type FeedbackIn,
  isPassing,
  Problem,
  queries,
  sentenceOf,
  type Conversation as Talking,
  talk,
} from "@/api";
import { newRun, reasoningSoFar, reduce } from "@/model/run/run";
import { runningTurn } from "./shown-turn";
import { allEvents, allMessages } from "./stored";
import {
  asked,
  chosen,
  type Failure,
  failureOf,
  heard,
  lastTaken,
  NO_TURNS,
  rated,
  recalled,
  refused,
  type Turns,
  without,
  withStored,
} from "./turns";
import { drop, keep, type Unsent, unsentOf } from "./unsent";

export type Phase = "loading" | "ready" | "gone" | "failed";
export type State = { phase: Phase; sessionId: string | null; turns: Turns; error: string | null };

type Options = {
  workflowId: string;
  /** Null for one that begins with its first question. */
  sessionId: string | null;
  onSession: (id: string) => void;
  onRun: (runId: string) => void;
  beforeAsking: () => Promise<void>;
  /** Until the server is tried again that could not be reached. */
  retryMs?: number;
};

const GATHER_MS = 50; // events are gathered, so that the page is drawn at most so often
const RETRY_MS = 1000;

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
    if (sessionId) this.join(sessionId);
    for (const unsent of unsentOf(this.options.workflowId, sessionId)) {
      const { id, content, parentId, failure } = unsent;
      this.change((turns) => asked(turns, id, content, new Date().toISOString(), parentId));
      if (failure) this.change((turns) => refused(turns, id, failure));
      else void this.send(unsent);
    }
    if (sessionId) this.catchUp(sessionId);
  }

  stop(): void {
    this.stopped = true;
    this.flush();
    this.line?.close();
    this.line = null;
    this.known = null;
  }

  /**
   * Shown at once; goes out when the stack is saved and the conversation exists. `parentId` is the question that it
   * follows: by default the last one of the branch that is shown.
   */
  ask(content: string, parentId: string | null = lastTaken(this.store.getState().turns)): void {
    const id = crypto.randomUUID();
    const { sessionId } = this.store.getState();
    this.change((turns) => asked(turns, id, content, new Date().toISOString(), parentId));
    void this.send({ id, content, parentId, sessionId, workflowId: this.options.workflowId });
  }

  /** Once more, as another branch; one that was never taken is replaced. */
  again(id: string): void {
    const turn = this.store.getState().turns.of[id];
    if (turn) this.edit(id, turn.question);
  }

  /** Another question in the place of this one: the first stays as a branch, unless it was never taken. */
  edit(id: string, content: string): void {
    const { turns } = this.store.getState();
    const turn = turns.of[id];
    if (!turn) return;
    if (turn.runId !== null) {
      this.ask(content, turn.parent);
      return;
    }
    drop(id);
    this.change((all) => without(all, id));
    this.ask(content);
  }

  /** Shows the branch that a question is in. */
  show(id: string): void {
    this.change((turns) => chosen(turns, id));
  }

  /** Seen at once; taken back where the server refuses it. Null takes the feedback away. */
  async rate(id: string, messageId: string, rating: FeedbackIn["rating"] | null, reason = ""): Promise<void> {
    const { sessionId, turns } = this.store.getState();
    if (!sessionId) return;
    const before = turns.of[id]?.feedback ?? null;
    const path = { session_id: sessionId, message_id: messageId };
    this.change((all) => rated(all, id, rating && { rating, reason, updated_at: new Date().toISOString() }));
    try {
      if (rating)
        await call("PUT /sessions/{session_id}/messages/{message_id}/feedback", { path, body: { rating, reason } });
      else await call("DELETE /sessions/{session_id}/messages/{message_id}/feedback", { path });
    } catch (error) {
      this.change((all) => rated(all, id, before));
      throw error;
    }
  }

  /** Stops the answer that is being given. */
  cancel(): void {
    const turn = runningTurn(this.store.getState().turns);
    if (turn?.runId) this.line?.cancel(turn.runId);
  }

  /** The reasoning of an answer that was given before this page was there; without any, a sentence that says so. */
  async recall(id: string, runId: string): Promise<string | null> {
    const run = (await allEvents(runId)).reduce(reduce, newRun(runId));
    if (reasoningSoFar(run)) {
      this.change((turns) => recalled(turns, id, run));
      return null;
    }
    const { trimmed_at: trimmed } = await call("GET /runs/{run_id}", { path: { run_id: runId } });
    return trimmed ? "The reasoning was deleted when its retention time ended." : "The model gave no reasoning.";
  }

  reload(): void {
    const { sessionId } = this.store.getState();
    if (sessionId) this.catchUp(sessionId);
  }

  private async send(unsent: Unsent): Promise<void> {
    const { id, content, parentId } = unsent;
    keep(unsent);
    try {
      await this.options.beforeAsking();
      const sessionId = await this.session();
      if (this.stopped) return; // it is sent when the conversation is opened again
      keep({ ...unsent, sessionId });
      this.join(sessionId);
      this.line?.say(id, content, parentId);
    } catch (error) {
      if (!this.stopped) {
        const reference = error instanceof Problem ? error.requestId : null;
        this.refuse(id, { message: sentenceOf(error), details: [], reference });
      }
    }
  }

  /** It stays, over a reload too, until the person sends it again. */
  private refuse(id: string, failure: Failure): void {
    this.change((turns) => refused(turns, id, failure));
    const unsent = unsentOf(this.options.workflowId, this.store.getState().sessionId).find((one) => one.id === id);
    if (unsent) keep({ ...unsent, failure });
  }

  private async session(): Promise<string> {
    const { sessionId } = this.store.getState();
    if (sessionId) return sessionId;
    this.making ??= this.make();
    return this.making;
  }

  private async make(): Promise<string> {
    try {
      const { id, updated_at } = await this.onceThere(() =>
        call("POST /workflows/{workflow_id}/sessions", { path: { workflow_id: this.options.workflowId }, body: {} }),
      );
      if (this.stopped) return id;
      this.known = updated_at;
      this.store.setState({ sessionId: id });
      this.options.onSession(id);
      return id;
    } finally {
      this.making = null;
    }
  }

  /** While the server cannot be reached, what was asked waits. */
  private async onceThere<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.stopped || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.options.retryMs ?? RETRY_MS));
      }
    }
  }

  private join(sessionId: string): void {
    if (this.line || this.stopped) return;
    this.line = talk(sessionId, {
      onEvent: (event) => this.take(event),
      onError: (error) => {
        if (error.id) this.refuse(error.id, failureOf(error));
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
      this.timer = setTimeout(next, GATHER_MS);
    };
    this.timer = setTimeout(next, GATHER_MS);
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
