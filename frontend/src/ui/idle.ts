// Work that waits until the browser has nothing better to do.

/** Waits so many milliseconds first. Answers with a function that calls it off. */
export function whenIdle(work: () => void, after = 0): () => void {
  if (after > 0) {
    let cancel = () => {};
    const timer = setTimeout(() => {
      cancel = whenIdle(work);
    }, after);
    return () => {
      clearTimeout(timer);
      cancel();
    };
  }
  if (typeof requestIdleCallback === "function") {
    const id = requestIdleCallback(() => work(), { timeout: 5_000 });
    return () => cancelIdleCallback(id);
  }
  const timer = setTimeout(work, 1_000); // Safari has no idle callbacks
  return () => clearTimeout(timer);
}
