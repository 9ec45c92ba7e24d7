// Short messages at the edge of the page, with at most one thing to do.
import { CheckCircle2, Info, TriangleAlert, X } from "lucide-react";
import { useEffect } from "react";
import { create } from "zustand";
import { IconButton } from "./button";

export type Toast = {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  action?: { label: string; run: () => void };
  /** Milliseconds until it goes; null stays until it is closed. */
  stays: number | null;
};

const useToasts = create<{ shown: ReadonlyArray<Toast> }>(() => ({ shown: [] }));
let latest = 0;

/** Shows a message; errors stay until they are closed. */
export function toast(text: string, options: Partial<Pick<Toast, "tone" | "action" | "stays">> = {}): number {
  const tone = options.tone ?? "plain";
  latest += 1;
  const stays = options.stays === undefined ? (tone === "bad" ? null : options.action ? 8000 : 4000) : options.stays;
  const made: Toast = { id: latest, tone, text, stays, ...(options.action ? { action: options.action } : {}) };
  useToasts.setState(({ shown }) => ({ shown: [...shown.filter((other) => other.text !== text), made].slice(-4) }));
  return made.id;
}

export function dismiss(id: number): void {
  useToasts.setState(({ shown }) => ({ shown: shown.filter((one) => one.id !== id) }));
}

const ICONS = { good: CheckCircle2, bad: TriangleAlert, plain: Info };
const COLOURS = { good: "text-good", bad: "text-bad", plain: "text-muted" };

function One({ of }: { of: Toast }) {
  const Icon = ICONS[of.tone];
  useEffect(() => {
    if (of.stays === null) return;
    const timer = setTimeout(() => dismiss(of.id), of.stays);
    return () => clearTimeout(timer);
  }, [of.id, of.stays]);
  return (
    <li className="pointer-events-auto flex w-full animate-rise items-start gap-3 rounded-lg border border-line bg-surface py-2.5 pr-2 pl-3.5 shadow-float">
      <Icon className={`mt-[3px] size-4 shrink-0 ${COLOURS[of.tone]}`} aria-hidden />
      <span className="min-w-0 flex-1 py-px break-words">{of.text}</span>
      {of.action ? (
        <button
          type="button"
          className="rounded px-1.5 py-px font-medium text-accent-ink hover:underline"
          onClick={() => {
            of.action?.run();
            dismiss(of.id);
          }}
        >
          {of.action.label}
        </button>
      ) : null}
      <IconButton label="Dismiss" className="-my-1 size-7" onClick={() => dismiss(of.id)}>
        <X />
      </IconButton>
    </li>
  );
}

/** Stands once, at the end of the page. */
export function Toasts() {
  const shown = useToasts((state) => state.shown);
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-[80] px-4"
    >
      <ol className="mx-auto flex max-w-md flex-col gap-2">
        {shown.map((one) => (
          <One key={one.id} of={one} />
        ))}
      </ol>
    </section>
  );
}
