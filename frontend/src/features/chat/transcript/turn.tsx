// One question and its answer.
import { Check, ChevronRight, Copy, RotateCcw, Square, TriangleAlert } from "lucide-react";
import { memo, useState } from "react";
import { useStore } from "zustand";
import { sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { toast } from "@/ui/toast";
import { ANSWER, useLazyPart } from "../answer/lazy-part";
import { Sources } from "../answer/sources";
import type { Conversation } from "../conversation/conversation";
import { isOver, type Shown, shownOf, thoughtInWords, type Wrong } from "../conversation/turns";

export const TurnView = memo(function TurnView({ conversation, id }: { conversation: Conversation; id: string }) {
  const turn = useStore(conversation.store, (state) => state.turns.of[id]);
  if (!turn) return null;
  const shown = shownOf(turn);
  return (
    <article aria-label={turn.question ? `Question: ${turn.question.slice(0, 80)}` : "Answer"} className="pt-6">
      {turn.question ? (
        <div className="flex justify-end">
          <p className="max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 break-words whitespace-pre-wrap">
            {turn.question}
          </p>
        </div>
      ) : null}
      <div className="mt-4 min-h-14" data-testid="answer" data-phase={shown.phase} aria-busy={!isOver(shown.phase)}>
        <Thoughts shown={shown} recall={(runId) => conversation.recall(id, runId)} />
        <Doing shown={shown} />
        {shown.text ? <Text shown={shown} /> : null}
        {shown.phase === "done" && !shown.text ? <p className="text-muted">The answer is empty.</p> : null}
        {shown.wrong ? (
          <Trouble wrong={shown.wrong} unsent={shown.phase === "unsent"} again={() => conversation.again(id)} />
        ) : null}
        {isOver(shown.phase) ? (
          <>
            <Sources list={shown.sources} />
            <Foot shown={shown} again={() => conversation.again(id)} />
          </>
        ) : null}
      </div>
    </article>
  );
});

function Text({ shown }: { shown: Shown }) {
  const Answer = useLazyPart(ANSWER);
  if (!Answer) return <p className="break-words whitespace-pre-wrap">{shown.text}</p>;
  return <Answer text={shown.text} writing={!isOver(shown.phase)} sources={shown.sources} />;
}

/** What is being done, in words, from the first moment on until the answer begins. */
function Doing({ shown }: { shown: Shown }) {
  if (isOver(shown.phase) || shown.text) return null;
  const words =
    shown.phase === "sending"
      ? "Sending"
      : shown.phase === "waiting"
        ? "Waiting for its turn"
        : (shown.doing ?? (shown.reasoning ? "Thinking" : "Starting"));
  return (
    <p className="flex h-6 items-center gap-2 text-muted" data-testid="doing">
      <span className="size-2 animate-shimmer rounded-full bg-accent" aria-hidden />
      {words}…
    </p>
  );
}

type ThoughtsProps = { shown: Shown; recall: (runId: string) => Promise<string | null> };

/**
 * The model's own thoughts: open while they come, folded once the answer begins, unless the person says otherwise.
 * Those of a stored answer are fetched when they are asked for.
 */
function Thoughts({ shown, recall }: ThoughtsProps) {
  const [chosen, choose] = useState<boolean | null>(null);
  const [instead, tell] = useState<string | null>(null);
  const { reasoning, thoughtsOf } = shown;
  if (!(reasoning || thoughtsOf)) return null;
  const thinking = !isOver(shown.phase) && !shown.text;
  const open = chosen ?? thinking;
  const unfold = () => {
    choose(!open);
    if (open || reasoning || !thoughtsOf) return;
    tell("Looking for them…");
    recall(thoughtsOf).then(tell, (error) => tell(sentenceOf(error)));
  };
  return (
    <div className="mb-3" data-testid="thoughts">
      <button
        type="button"
        aria-expanded={open}
        onClick={unfold}
        className="-ml-1.5 flex h-7 items-center gap-1 rounded-md px-1.5 text-sm text-muted hover:bg-hover hover:text-ink"
      >
        <ChevronRight className={classes("size-4 transition-transform", open && "rotate-90")} aria-hidden />
        {thinking ? "Thinking…" : thoughtInWords(shown.thought)}
      </button>
      {open ? (
        <div className="mt-1 ml-0.5 border-l-2 border-line pl-4 text-sm break-words whitespace-pre-wrap text-muted">
          {reasoning || instead}
        </div>
      ) : null}
    </div>
  );
}

function Trouble({ wrong, unsent, again }: { wrong: Wrong; unsent: boolean; again: () => void }) {
  return (
    <div role="alert" className="mt-2 flex gap-3 rounded-lg bg-bad-soft px-3.5 py-3">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words text-bad">{wrong.message}</p>
        {wrong.details.length ? (
          <ul className="mt-1 list-disc pl-5 text-sm text-bad">
            {wrong.details.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        ) : null}
        {wrong.reference ? (
          <p className="mt-1 text-xs break-all text-muted">
            For whoever looks into it: <code className="font-mono">{wrong.reference}</code>
          </p>
        ) : null}
        <Button className="mt-2.5" onClick={again}>
          <RotateCcw aria-hidden />
          {unsent ? "Send again" : "Retry"}
        </Button>
      </div>
    </div>
  );
}

function Foot({ shown, again }: { shown: Shown; again: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(shown.text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      toast("The browser did not allow copying. Select the text and copy it yourself.", { tone: "bad" });
    }
  };
  if (!shown.text && shown.phase !== "stopped") return null;
  return (
    <div className="mt-2 -ml-2 flex flex-wrap items-center gap-1">
      {shown.phase === "stopped" ? (
        <span className="ml-2 inline-flex items-center gap-1.5 pr-2 text-sm text-muted">
          <Square className="size-3" aria-hidden />
          Stopped
        </span>
      ) : null}
      {shown.text ? (
        <Button variant="quiet" className="h-7 px-2 text-xs" onClick={() => void copy()}>
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          {copied ? "Copied" : "Copy"}
        </Button>
      ) : null}
      {shown.phase === "stopped" ? (
        <Button variant="quiet" className="h-7 px-2 text-xs" onClick={again}>
          <RotateCcw aria-hidden />
          Retry
        </Button>
      ) : null}
    </div>
  );
}
