// A part of a page that is fetched when it is needed. One that cannot be fetched says so in its own place.
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { Button } from "./button";

const RETRY_DELAYS_MS = [500, 2_000];

type Fetch<P> = () => Promise<ComponentType<P>>;
export type Part<P> = ComponentType<P & { fallback?: ReactNode }> & { preload: () => void };

/** `fetch` imports the part; it is tried again by itself, when the network is back, and by a button. */
export function part<P extends object>(fetch: Fetch<P>, delays: ReadonlyArray<number> = RETRY_DELAYS_MS): Part<P> {
  let found: ComponentType<P> | null = null;
  let coming: Promise<void> | null = null;

  const load = (): Promise<void> => {
    coming ??= withRetries(fetch, delays).then(
      (Found) => {
        found = Found;
      },
      (error: unknown) => {
        coming = null;
        throw error;
      },
    );
    return coming;
  };

  // biome-ignore lint/correctness/noComponentHookFactories: parts are made once, when their module is read
  function Loaded({ fallback = null, ...props }: P & { fallback?: ReactNode }) {
    const [Shown, setShown] = useState<ComponentType<P> | null>(() => found);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Shown || failed) return;
      let gone = false;
      load().then(
        () => gone || setShown(() => found),
        () => gone || setFailed(true),
      );
      return () => {
        gone = true;
      };
    }, [Shown, failed]);
    useEffect(() => {
      if (!failed) return;
      const again = () => setFailed(false);
      window.addEventListener("online", again);
      return () => window.removeEventListener("online", again);
    }, [failed]);
    if (Shown) return <Shown {...(props as unknown as P)} />;
    return failed ? <Failed onAgain={() => setFailed(false)} /> : fallback;
  }
  return Object.assign(Loaded, { preload: () => void load().catch(() => undefined) }); // tried again when it is shown
}

async function withRetries<T>(fetch: () => Promise<T>, delays: ReadonlyArray<number>): Promise<T> {
  for (const delay of delays) {
    try {
      return await fetch();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
  return fetch();
}

function Failed({ onAgain }: { onAgain: () => void }) {
  return (
    <div role="alert" className="m-4 flex flex-col items-start gap-3 rounded-lg bg-sunken p-4 text-sm text-muted">
      This part of the page could not be loaded. Check the connection and try again.
      <Button onClick={onAgain}>Try again</Button>
    </div>
  );
}
