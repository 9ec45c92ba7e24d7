// Every call to the API: typed by its method and path, with errors as problems.
import { Problem, problemOf, Unreachable } from "./problem";
import { askForToken, token } from "./token";
import type { Calls } from "./types";

export const ROOT = "/api/v1";

type Part<C extends keyof Calls, K extends string> = Calls[C] extends Record<K, infer V> ? V : never;
export type Answer<C extends keyof Calls> = Calls[C]["answer"];
export type Given<C extends keyof Calls> = ([Part<C, "path">] extends [never] ? unknown : { path: Part<C, "path"> }) &
  ([Part<C, "query">] extends [never] ? unknown : { query?: Part<C, "query"> }) &
  ([Part<C, "body">] extends [never] ? unknown : { body: Part<C, "body"> }) & {
    headers?: Record<string, string>;
    signal?: AbortSignal;
    keepalive?: boolean;
  };
type Loose = {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
};

/** `call("GET /runs/{run_id}", { path: { run_id } })` answers with the run. Throws Problem or Unreachable. */
export async function call<C extends keyof Calls>(
  name: C,
  ...[given]: {} extends Given<C> ? [Given<C>?] : [Given<C>]
): Promise<Answer<C>> {
  const response = await send(name, (given ?? {}) as Loose);
  return (response.status === 204 ? undefined : await response.json()) as Answer<C>;
}

/** A file that the server sends. */
export async function download<C extends keyof Calls>(
  name: C,
  ...[given]: {} extends Given<C> ? [Given<C>?] : [Given<C>]
): Promise<Blob> {
  return (await send(name, { ...((given ?? {}) as Loose), headers: { accept: "*/*" } })).blob();
}

/** The whole response, for what its headers say. */
export async function send(name: keyof Calls, given: Loose): Promise<Response> {
  const [method = "GET", path = "/"] = name.split(" ");
  const address = ROOT + filled(path, given.path ?? {}) + asQuery(given.query ?? {});
  for (;;) {
    const tried = token();
    const response = await reach(address, request(method, given, tried));
    if (response.ok) return response;
    if (response.status !== 401) throw await problemOf(response);
    await askForToken(tried);
  }
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
}

function request(method: string, given: Loose, bearer: string | null): RequestInit {
  const headers = new Headers(given.headers);
  headers.set("accept", headers.get("accept") ?? "application/json");
  if (bearer) headers.set("authorization", `Bearer ${bearer}`);
  let body: BodyInit | null = null;
  if (given.body instanceof FormData) {
    body = given.body;
  } else if (given.body !== undefined) {
    headers.set("content-type", "application/json");
    body = JSON.stringify(given.body);
  }
  return { method, headers, body, signal: given.signal ?? null, keepalive: given.keepalive ?? false };
}

function filled(path: string, values: Record<string, string | number>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name] ?? "")));
}

function asQuery(values: Record<string, unknown>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Uploads one file and tells how much of it (0 to 1) has gone; fetch cannot tell that. */
export function upload<A>(
  path: string,
  file: File,
  onProgress: (part: number) => void,
  signal?: AbortSignal,
): Promise<A> {
  return new Promise((resolve, reject) => {
    const tried = token();
    const sending = new XMLHttpRequest();
    const again = () => askForToken(tried).then(() => upload<A>(path, file, onProgress, signal).then(resolve, reject));
    sending.open("POST", ROOT + path);
    sending.setRequestHeader("accept", "application/json");
    if (tried) sending.setRequestHeader("authorization", `Bearer ${tried}`);
    sending.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    sending.onerror = () => reject(new Unreachable("network"));
    sending.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    sending.onload = () => {
      if (sending.status === 401) void again();
      else if (sending.status < 300) resolve(JSON.parse(sending.responseText) as A);
      else void problemOf(new Response(sending.responseText, { status: sending.status })).then(reject);
    };
    signal?.addEventListener("abort", () => sending.abort());
    const form = new FormData();
    form.append("file", file);
    sending.send(form);
  });
}

/** Whether trying the same call again later may succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 502 || error.status === 429));
}
