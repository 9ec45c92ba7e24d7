// A piece of code that is fetched when an answer needs it. Until it is there, the answer is shown without it. (React's
// own Suspense would hold back what is there already.)
import { type ComponentType, useEffect, useState } from "react";
import type { AnswerProps } from "./answer";

const RETRY_MS = 1500;

export class LazyPart<T> {
  private readonly load: () => Promise<T>;
  private readonly retryMs: number;
  private fetching: Promise<T> | null = null;
  loaded: T | null = null;

  constructor(load: () => Promise<T>, retryMs = RETRY_MS) {
    this.load = load;
    this.retryMs = retryMs;
  }

  /** Tries until it succeeds: the network may be away. */
  fetch(): Promise<T> {
    this.fetching ??= this.load().then(
      (part) => {
        this.loaded = part;
        return part;
      },
      async () => {
        await new Promise((resolve) => setTimeout(resolve, this.retryMs));
        this.fetching = null;
        return this.fetch();
      },
    );
    return this.fetching;
  }
}

/** The part, or null until it is there. */
export function useLazyPart<T>(part: LazyPart<T>, wanted = true): T | null {
  const [loaded, setLoaded] = useState<T | null>(() => part.loaded);
  useEffect(() => {
    if (loaded !== null || !wanted) return;
    let unmounted = false;
    void part.fetch().then((one) => {
      if (!unmounted) setLoaded(() => one);
    });
    return () => {
      unmounted = true;
    };
  }, [part, loaded, wanted]);
  return loaded;
}

export const ANSWER = new LazyPart<ComponentType<AnswerProps>>(() =>
  import("./answer").then((module) => module.default),
);
