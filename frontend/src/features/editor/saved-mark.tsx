// A quiet word on whether everything is saved; louder where something is to be done.
import { Check, CloudOff, LoaderCircle, TriangleAlert } from "lucide-react";
import { flush, useSaving } from "@/model/stack/saving";
import { Badge } from "@/ui/badge";
import { Tooltip } from "@/ui/tooltip";

export function SavedMark() {
  const saving = useSaving();
  return (
    <span
      role="status"
      aria-label="Saving"
      className="ml-1 flex min-w-5 items-center text-xs text-muted"
      data-testid="saving"
    >
      {saving.state === "saved" ? (
        <span className="flex items-center gap-1">
          <Check className="size-3.5 text-good" aria-hidden />
          <span className="max-md:sr-only">Saved</span>
        </span>
      ) : null}
      {saving.state === "waiting" || saving.state === "saving" ? (
        <span className="flex items-center gap-1">
          <LoaderCircle className="size-3.5" aria-hidden />
          <span className="max-md:sr-only">Saving…</span>
        </span>
      ) : null}
      {saving.state === "offline" ? (
        <Tooltip text="The server cannot be reached. Your edits are kept in this browser and saved when it answers.">
          <button type="button" onClick={() => void flush().catch(() => undefined)} className="rounded-md">
            <Badge tone="warn">
              <CloudOff aria-hidden />
              <span>Not saved yet</span>
            </Badge>
          </button>
        </Tooltip>
      ) : null}
      {saving.state === "failed" ? (
        <Tooltip text={saving.sentence}>
          <button type="button" onClick={() => void flush().catch(() => undefined)} className="rounded-md">
            <Badge tone="bad">
              <TriangleAlert aria-hidden />
              Not saved: {saving.sentence.slice(0, 60)}
            </Badge>
          </button>
        </Tooltip>
      ) : null}
      {saving.state === "conflict" ? <Badge tone="warn">Changed elsewhere</Badge> : null}
    </span>
  );
}
