// Keyboard shortcuts and what they do.
import { Keys } from "@/ui/keys";

export type Listed = { keys: string; label: string };

export function KeyList({ title, list }: { title: string; list: ReadonlyArray<Listed> }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm font-semibold text-muted">{title}</h3>
      <dl className="flex flex-col">
        {list.map(({ keys, label }) => (
          <div key={keys} className="flex min-h-8 items-center justify-between gap-4 text-sm">
            <dt>{label}</dt>
            <dd>
              <Keys of={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
