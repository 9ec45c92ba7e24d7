// Work that waits until the browser has nothing better to do.

/** Answers with a function that calls it off. */
export function whenIdle(work: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const id = requestIdleCallback(() => work(), { timeout: 5_000 });
    return () => cancelIdleCallback(id);
  }
  const timer = setTimeout(work, 1_000); // Safari has no idle callbacks
  return () => clearTimeout(timer);
}
