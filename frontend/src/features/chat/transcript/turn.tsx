// One question and its answer.
import { ChevronRight, RotateCcw, TriangleAlert } from "lucide-react";
import { memo, useState } from "react";
import { useStore } from "zustand";
import { sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { toast } from "@/ui/toast";
import { ANSWER, useLazyPart } from "../answer/lazy-part";
import { Sources } from "../answer/sources";
import type { Conversation } from "../conversation/conversation";
import { isOver, type ShownTurn, shownOf, thoughtInWords } from "../conversation/shown-turn";
import type { Failure } from "../conversation/turns";
import { Actions } from "./actions";
import type { Rate } from "./feedback";
import { Question } from "./question";

export const TurnView = memo(function TurnView({ conversation, id }: { conversation: Conversation; id: string }) {
  const turn = useStore(conversation.store, (state) => state.turns.of[id]);
  if (!turn) return null;
  const shown = shownOf(turn);
  const rate: Rate = (rating, reason) => {
    const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });
    if (shown.messageId) conversation.rate(id, shown.messageId, rating, reason).catch(failed);
  };
  return (
    <article aria-label={turn.question ? `Question: ${turn.question.slice(0, 80)}` : "Answer"} className="pt-6">
      {turn.question ? <Question key={turn.question} conversation={conversation} id={id} text={turn.question} /> : null}
      <div className="mt-4 min-h-14" data-testid="answer" data-phase={shown.phase} aria-busy={!isOver(shown.phase)}>
        <Thoughts shown={shown} recall={(runId) => conversation.recall(id, runId)} />
        <Doing shown={shown} />
        {shown.text ? <Text shown={shown} /> : null}
        {shown.phase === "done" && !shown.text ? <p className="text-muted">The answer is empty.</p> : null}
        {shown.note ? (
          <p role="note" className="mt-2 rounded-lg bg-warn-soft px-3.5 py-2 text-sm text-warn">
            {shown.note}
          </p>
        ) : null}
        {shown.wrong ? (
          <FailureNotice wrong={shown.wrong} unsent={shown.phase === "unsent"} again={() => conversation.again(id)} />
        ) : null}
        {isOver(shown.phase) ? (
          <>
            <Sources list={shown.sources} text={shown.text} />
            <Actions shown={shown} again={() => conversation.again(id)} rate={rate} />
          </>
        ) : null}
      </div>
    </article>
  );
});

function Text({ shown }: { shown: ShownTurn }) {
  const Answer = useLazyPart(ANSWER);
  if (!Answer)
    return (
      <p dir="auto" className="break-words whitespace-pre-wrap">
        {shown.text}
      </p>
    );
  return <Answer text={shown.text} writing={!isOver(shown.phase)} sources={shown.sources} />;
}

/** What is being done, in words, from the first moment on until the answer begins. */
function Doing({ shown }: { shown: ShownTurn }) {
  if (isOver(shown.phase) || shown.text) return null;
  const words =
    shown.phase === "sending"
      ? "Sending"
      : shown.phase === "waiting"
        ? "Waiting for the previous answer"
        : (shown.doing ?? (shown.reasoning ? "Thinking" : "Starting"));
  return (
    <p className="flex h-6 items-center gap-2 text-muted" data-testid="doing">
      <span className="size-2 animate-shimmer rounded-full bg-accent" aria-hidden />
      {words}…
    </p>
  );
}

type ThoughtsProps = { shown: ShownTurn; recall: (runId: string) => Promise<string | null> };

/**
 * The model's reasoning: open while they come, folded once the answer begins, unless the person says otherwise.
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
    tell("Loading…");
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

function FailureNotice({ wrong, unsent, again }: { wrong: Failure; unsent: boolean; again: () => void }) {
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
            Reference: <code className="font-mono">{wrong.reference}</code>
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
