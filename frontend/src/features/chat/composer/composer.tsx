// The box in which a question is written.
import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";

const LONGEST = 60_000; // characters that the server takes

type ComposerProps = {
  /** Stands in the box at first. */
  question: string;
  /** What was asked last: Up brings it back. */
  last: string;
  running: boolean;
  onAsk: (text: string) => void;
  onStop: () => void;
  /** Esc, where there is nothing to stop. */
  onClose?: (() => void) | undefined;
  onFocus?: () => void;
};

export function Composer({ question, last, running, onAsk, onStop, onClose, onFocus }: ComposerProps) {
  const [text, setText] = useState(question);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (question) setText(question);
  }, [question]);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) box.current?.focus(); // elsewhere a keyboard would cover the page
  }, []);

  const send = () => {
    const words = text.trim();
    if (!words) return;
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
    } else if (event.key === "Escape" && (running || onClose)) {
      event.preventDefault();
      event.stopPropagation();
      if (running) onStop();
      else onClose?.();
    }
  };

  const stops = running && !text.trim();
  return (
    <form
      className="mx-auto w-full max-w-3xl"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div
        className={classes(
          "flex items-end gap-2 rounded-2xl border border-line-strong/60 bg-surface py-1.5 pr-1.5 pl-4 shadow-card transition-colors",
          "focus-within:border-accent hover:border-line-strong",
        )}
      >
        <textarea
          ref={box}
          aria-label="Your question"
          placeholder="Ask something…"
          rows={1}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onFocus={onFocus}
          className="field-sizing-content max-h-52 min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.75 text-base outline-none placeholder:text-faint max-sm:text-lg"
        />
        {stops ? (
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
            disabled={!text.trim()}
            className="size-9 rounded-xl bg-accent text-on-accent! hover:bg-accent-hover disabled:bg-sunken disabled:text-muted! disabled:opacity-100"
          >
            <ArrowUp />
          </IconButton>
        )}
      </div>
    </form>
  );
}
