// Markdown is fetched when the first answer is near; until it is there, answers are plain text. (React's own way to
// wait would hold back what is there already for a third of a second.)
import { type ComponentType, useEffect, useState } from "react";
import type { AnswerProps } from "./answer";

type Drawn = ComponentType<AnswerProps>;

const AGAIN = 1500; // milliseconds until a fetch that failed is tried again

let drawn: Drawn | null = null;
let fetching: Promise<Drawn> | null = null;

export function fetchAnswer(): Promise<Drawn> {
  fetching ??= import("./answer").then(
    (module) => {
      drawn = module.default;
      return drawn;
    },
    async () => {
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      fetching = null;
      return fetchAnswer();
    },
  );
  return fetching;
}

export function useAnswer(): Drawn | null {
  const [found, setFound] = useState<Drawn | null>(() => drawn);
  useEffect(() => {
    if (found) return;
    let gone = false;
    void fetchAnswer().then((one) => {
      if (!gone) setFound(() => one);
    });
    return () => {
      gone = true;
    };
  }, [found]);
  return found;
}
