// What can be done with an answer: copy it, ask again, say what it was worth.
import { Check, Copy, Ellipsis, RotateCcw, Square, ThumbsDown, ThumbsUp } from "lucide-react";
import { Button, IconButton } from "@/ui/button";
import { Menu } from "@/ui/menu";
import { plainText } from "../answer/plain-text";
import type { ShownTurn } from "../conversation/shown-turn";
import { useCopy } from "./copy";
import { type Rate, Reason } from "./feedback";

export type ActionsProps = { shown: ShownTurn; again: () => void; rate: Rate };

export function Actions({ shown, again, rate }: ActionsProps) {
  const [copied, copy] = useCopy();
  if (!shown.text && shown.phase !== "stopped") return null;
  const { messageId } = shown;
  return (
    <div className="mt-2">
      <div className="-ml-2 flex flex-wrap items-center gap-0.5">
        {shown.phase === "stopped" ? (
          <span className="ml-2 inline-flex items-center gap-1.5 pr-2 text-sm text-muted">
            <Square className="size-3" aria-hidden />
            Stopped
          </span>
        ) : null}
        {shown.text ? (
          <Button variant="quiet" className="h-7 px-2 text-xs" onClick={() => copy(shown.text)}>
            {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
            {copied ? "Copied" : "Copy"}
          </Button>
        ) : null}
        <Button variant="quiet" className="h-7 px-2 text-xs" onClick={again}>
          <RotateCcw aria-hidden />
          {shown.phase === "stopped" ? "Retry" : "Regenerate"}
        </Button>
        {messageId ? <Thumbs shown={shown} rate={rate} /> : null}
        {shown.text ? (
          <Menu
            label="More actions"
            items={[
              { label: "Copy as Markdown", onSelect: () => copy(shown.text) },
              { label: "Copy as text", onSelect: () => copy(plainText(shown.text)) },
            ]}
          >
            <IconButton label="More actions" className="size-7">
              <Ellipsis />
            </IconButton>
          </Menu>
        ) : null}
      </div>
      {shown.feedback ? <Reason key={shown.feedback.rating} feedback={shown.feedback} rate={rate} /> : null}
    </div>
  );
}

function Thumbs({ shown, rate }: { shown: ShownTurn; rate: Rate }) {
  const given = shown.feedback?.rating ?? null;
  return (
    <>
      {(["up", "down"] as const).map((rating) => {
        const Icon = rating === "up" ? ThumbsUp : ThumbsDown;
        return (
          <IconButton
            key={rating}
            label={rating === "up" ? "Good answer" : "Bad answer"}
            aria-pressed={given === rating}
            className="size-7"
            onClick={() => rate(given === rating ? null : rating)}
          >
            <Icon className={given === rating ? "fill-current text-accent-ink" : ""} />
          </IconButton>
        );
      })}
    </>
  );
}
