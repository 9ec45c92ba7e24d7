// The box in which a question is written.
import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { useDraft } from "./drafts";

export const MOST_CHARACTERS = 60_000; // that the server takes

type ComposerProps = {
  /** Whose draft it is. */
  conversation: string;
  /** Stands in the box at first, where there is no draft. */
  question: string;
  /** What was asked last: Up brings it back. */
  last: string;
  running: boolean;
  onAsk: (text: string) => void;
  onStop: () => void;
  /** Esc, where there is nothing to stop: the focus goes elsewhere, the text stays. */
  onLeave: () => void;
};

export function Composer({ conversation, question, last, running, onAsk, onStop, onLeave }: ComposerProps) {
  const [text, setText] = useDraft(conversation, question);
  const box = useRef<HTMLTextAreaElement>(null);
  const tooLong = useId();
  const given = useRef(question);
  useEffect(() => {
    if (question !== given.current && question) setText(question);
    given.current = question;
  }, [question, setText]);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) box.current?.focus(); // elsewhere a keyboard would cover the page
  }, []);

  const words = text.trim();
  const fits = words.length <= MOST_CHARACTERS;
  const send = () => {
    if (!words || !fits) return;
    onAsk(words);
    setText("");
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // While an input method composes, Enter and the arrows are its own; 229 is how Safari tells.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && !text && last) {
      event.preventDefault();
      setText(last);
      requestAnimationFrame(() => box.current?.setSelectionRange(last.length, last.length));
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (running) onStop();
      else onLeave();
    }
  };

  return (
    <form
      className="mx-auto w-full max-w-3xl"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {fits ? null : <TooLong id={tooLong} length={words.length} />}
      <div
        className={classes(
          "flex items-end gap-2 rounded-2xl border border-line-strong/60 bg-surface py-1.5 pr-1.5 pl-4 shadow-card transition-colors",
          fits ? "focus-within:border-accent hover:border-line-strong" : "border-bad",
        )}
      >
        <textarea
          ref={box}
          dir="auto"
          aria-label="Your question"
          aria-invalid={!fits}
          aria-describedby={fits ? undefined : tooLong}
          placeholder="Ask a question"
          rows={1}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-52 min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.75 text-base outline-none placeholder:text-faint max-sm:text-lg"
        />
        <SendButton stops={running && !words} disabled={!words || !fits} onStop={onStop} />
      </div>
    </form>
  );
}

function TooLong({ id, length }: { id: string; length: number }) {
  const [has, most] = [length, MOST_CHARACTERS].map((count) => count.toLocaleString("en"));
  return (
    <p id={id} role="alert" className="mb-1.5 px-2 text-sm text-bad">
      This question has {has} characters; {most} can be sent. Shorten it, or add the text to a Knowledge Base as a
      document.
    </p>
  );
}

function SendButton({ stops, disabled, onStop }: { stops: boolean; disabled: boolean; onStop: () => void }) {
  return stops ? (
    <IconButton
      label="Stop"
      keys="Escape"
      className="size-9 rounded-xl bg-ink text-ground! hover:bg-ink hover:opacity-85"
      onClick={onStop}
    >
      <Square className="fill-current" />
    </IconButton>
  ) : (
    <IconButton
      label="Send"
      keys="Enter"
      type="submit"
      disabled={disabled}
      className="size-9 rounded-xl bg-accent text-on-accent! hover:bg-accent-hover disabled:bg-sunken disabled:text-muted! disabled:opacity-100"
    >
      <ArrowUp />
    </IconButton>
  );
}
