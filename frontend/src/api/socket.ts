// The one socket module: it remembers the last `seq` of every run, comes back after a jittered wait, and follows on.
import { create } from "zustand";
import { ROOT } from "./client";
import { askForToken, token } from "./token";
import type { ClientFrame, ErrorFrame, Event } from "./types";

export type SocketStatus = "quiet" | "connecting" | "open" | "reconnecting";

/** How the page stands with the server, over all its sockets. */
export const useConnection = create<{ status: SocketStatus }>(() => ({ status: "quiet" }));

const FIRST_WAIT = 250; // milliseconds
const LONGEST_WAIT = 10_000;
const PULSE = 5_000;
const SLEPT = 30_000; // a pulse that comes so late tells of a sleep: who knows whether the old connection lives
const LIVES = 5_000; // after so long a connection counts as good, and the next wait is short again

const states = new Map<object, SocketStatus>();

function told(socket: object, status: SocketStatus | null): void {
  if (status === null) states.delete(socket);
  else states.set(socket, status);
  const all = [...states.values()];
  const shown = (["reconnecting", "connecting", "open"] as const).find((one) => all.includes(one)) ?? "quiet";
  if (useConnection.getState().status !== shown) useConnection.setState({ status: shown });
}

type Line = {
  /** The path below the API's root; asked again for every connection. */
  path: () => string;
  onOpen?: (send: (frame: ClientFrame) => void) => void;
  onFrame: (frame: Event | ErrorFrame) => void;
  /** Whether the server closing the socket normally is the end of it. */
  endsWithClose?: boolean;
  /** The server refused the handshake again and again: there is nothing to follow. */
  onGone?: () => void;
};

export type Connection = { send: (frame: ClientFrame) => boolean; close: () => void };

function connect(line: Line): Connection {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT;
  let refusals = 0;
  let closed = false;
  const key = {};

  const open = () => {
    clearTimeout(timer);
    if (closed) return;
    told(key, refusals === 0 && wait === FIRST_WAIT ? "connecting" : "reconnecting");
    const tried = token();
    const address = new URL(ROOT + line.path(), location.href.replace(/^http/, "ws"));
    const made = new WebSocket(address, tried ? ["genai-stack", `bearer.${tried}`] : ["genai-stack"]);
    let opened = 0;
    socket = made;
    made.onopen = () => {
      opened = Date.now();
      refusals = 0;
      told(key, "open");
      line.onOpen?.((frame) => made.send(JSON.stringify(frame)));
    };
    made.onmessage = ({ data }) => line.onFrame(JSON.parse(data as string) as Event | ErrorFrame);
    made.onclose = ({ code }) => {
      if (closed || socket !== made) return;
      if (line.endsWithClose && opened && code === 1000) return close();
      if (opened && Date.now() - opened > LIVES) wait = FIRST_WAIT;
      if (!opened) refusals += 1;
      told(key, "reconnecting");
      void again(tried);
    };
  };

  const again = async (tried: string | null) => {
    if (refusals >= 2 && (await refusal(tried)) === "gone") {
      line.onGone?.();
      return close();
    }
    const next = () => {
      if (socket?.readyState === WebSocket.CLOSED) open(); // else another was opened meanwhile
    };
    timer = setTimeout(next, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  /** A connection through a network that is gone says nothing for minutes: another takes its place. */
  const renew = () => {
    if (closed || document.visibilityState !== "visible") return;
    const old = socket;
    wait = FIRST_WAIT;
    open();
    old?.close();
  };
  let beat = Date.now();
  const pulse = setInterval(() => {
    const now = Date.now();
    if (now - beat > SLEPT) renew();
    beat = now;
  }, PULSE);

  const soon = () => {
    if (document.visibilityState === "visible" && socket?.readyState === WebSocket.CLOSED && !closed) open();
  };

  /** A browser does not say why a handshake failed, so the same address is asked over HTTP. */
  const refusal = async (tried: string | null): Promise<"gone" | "later"> => {
    const path = (line.path().split("?")[0] ?? "").replace(/\/(events|chat)$/, "");
    try {
      const headers: HeadersInit = tried ? { authorization: `Bearer ${tried}` } : {};
      const response = await fetch(ROOT + path, { headers });
      if (response.status === 401) await askForToken(tried);
      return response.status === 404 ? "gone" : "later";
    } catch {
      return "later"; // the server is away: the next attempt will tell
    }
  };

  function close() {
    closed = true;
    clearTimeout(timer);
    clearInterval(pulse);
    window.removeEventListener("online", renew);
    document.removeEventListener("visibilitychange", soon);
    told(key, null);
    socket?.close();
  }

  window.addEventListener("online", renew);
  document.addEventListener("visibilitychange", soon);
  open();
  return {
    send: (frame) => {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    close,
  };
}

/** The last `seq` of each run; an event that was seen already is dropped. */
class Seen {
  private readonly last = new Map<string, number>();

  after(runId: string): number {
    return this.last.get(runId) ?? 0;
  }
  start(runId: string, after: number): void {
    this.last.set(runId, Math.max(after, this.after(runId)));
  }
  isNew(event: Event): boolean {
    if (event.seq <= this.after(event.run_id)) return false;
    this.last.set(event.run_id, event.seq);
    return true;
  }
}

type Following = { after?: number; onEvent: (event: Event) => void; onGone?: () => void };

/** Every event of one run after `after`, once and in order, however often the connection is lost. */
export function followRun(runId: string, { after = 0, onEvent, onGone }: Following): Connection {
  const seen = new Seen();
  seen.start(runId, after);
  const connection = connect({
    path: () => `/runs/${runId}/events?after=${seen.after(runId)}`,
    endsWithClose: true,
    ...(onGone ? { onGone } : {}),
    onFrame: (frame) => {
      if (frame.type === "error" || !seen.isNew(frame)) return;
      onEvent(frame);
      if (frame.type === "run.finished") connection.close();
    },
  });
  return connection;
}

type Talk = {
  onEvent: (event: Event) => void;
  onError: (error: ErrorFrame) => void;
  /** On every connection: what was missed meanwhile can be asked for. */
  onOpen?: () => void;
  onGone?: () => void;
};

export type Conversation = {
  /** Asks; sent again with the same id on every connection until it is accepted. */
  /** `parentId` is the question that it follows, null for a first one. */
  say: (id: string, content: string, parentId: string | null) => void;
  cancel: (runId: string) => void;
  follow: (runId: string, after: number) => void;
  close: () => void;
};

/** One chat session on a socket. After a lost connection it follows every run that has not ended. */
export function talk(sessionId: string, { onEvent, onError, onOpen, onGone }: Talk): Conversation {
  const seen = new Seen();
  const unaccepted = new Map<string, { type: "message"; id: string; content: string; parent_id: string | null }>();
  const unended = new Set<string>();
  const cancelled = new Set<string>();
  const connection = connect({
    path: () => `/sessions/${sessionId}/chat`,
    ...(onGone ? { onGone } : {}),
    onOpen: (send) => {
      for (const runId of unended) send({ type: "follow", run_id: runId, after: seen.after(runId) });
      for (const runId of cancelled) send({ type: "cancel", run_id: runId });
      for (const message of unaccepted.values()) send(message);
      onOpen?.();
    },
    onFrame: (frame) => {
      if (frame.type === "error") {
        if (frame.id) unaccepted.delete(frame.id);
        onError(frame);
        return;
      }
      if (frame.type === "message.accepted") unaccepted.delete(frame.data.message.id);
      if (frame.type === "run.finished") {
        unended.delete(frame.run_id);
        cancelled.delete(frame.run_id);
      } else {
        unended.add(frame.run_id);
      }
      if (seen.isNew(frame)) onEvent(frame);
    },
  });
  return {
    say: (id, content, parentId) => {
      const message = { type: "message", id, content, parent_id: parentId } as const;
      unaccepted.set(id, message);
      connection.send(message);
    },
    cancel: (runId) => {
      cancelled.add(runId);
      connection.send({ type: "cancel", run_id: runId });
    },
    follow: (runId, after) => {
      seen.start(runId, after);
      unended.add(runId);
      connection.send({ type: "follow", run_id: runId, after: seen.after(runId) });
    },
    close: connection.close,
  };
}
