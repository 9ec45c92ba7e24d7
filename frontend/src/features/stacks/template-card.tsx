// A ready-made stack: its picture, its promise, one click.
import type { TemplateOut } from "@/api";
import { Thumbnail } from "./thumbnail";

type TemplateCardProps = { template: TemplateOut; busy: boolean; onUse: () => void };

export function TemplateCard({ template, busy, onUse }: TemplateCardProps) {
  return (
    <li>
      <button
        type="button"
        disabled={busy}
        onClick={onUse}
        className="flex h-full w-full flex-col overflow-hidden rounded-xl border border-line bg-surface text-left shadow-card transition-shadow hover:shadow-float disabled:opacity-60"
      >
        <span className="grid h-28 w-full place-items-center border-b border-line bg-ground p-3">
          <Thumbnail configuration={template.configuration} />
        </span>
        <span className="flex flex-1 flex-col gap-1 p-4">
          <span className="font-semibold">{template.name}</span>
          <span className="text-sm text-muted">{template.promise}</span>
        </span>
      </button>
    </li>
  );
}
