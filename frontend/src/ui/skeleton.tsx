// The shape of what is on its way, so that nothing jumps when it comes.
import { classes } from "./classes";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classes("animate-shimmer rounded-lg bg-line", className)} />;
}

/** Says once, for those who do not see shapes, that something is loading. */
export function Loading({ what }: { what: string }) {
  return (
    <p role="status" className="sr-only">
      Loading {what}…
    </p>
  );
}
