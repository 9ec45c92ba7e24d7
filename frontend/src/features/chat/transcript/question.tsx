// A person's question: folded where it is long, edited in place, with its branches.
import { ChevronLeft, ChevronRight, Pencil } from "lucide-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { MOST_CHARACTERS } from "../composer/composer";
import type { Conversation } from "../conversation/conversation";

export function Question({ conversation, id, text }: { conversation: Conversation; id: string; text: string }) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    const done = (changed: string | null) => {
      setEditing(false);
      if (changed !== null) conversation.edit(id, changed);
    };
    return <Editor text={text} onDone={done} />;
  }
  return (
    <div className="group flex flex-col items-end">
      <Bubble text={text} />
      <div className="mt-1 flex h-7 items-center">
        <Branches conversation={conversation} id={id} />
        <IconButton
          label="Edit and ask again"
          className="size-7 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
          onClick={() => setEditing(true)}
        >
          <Pencil />
        </IconButton>
      </div>
    </div>
  );
}

/** Ten lines of it, and the rest when it is asked for. */
function Bubble({ text }: { text: string }) {
  const [unfolded, unfold] = useState(false);
  const [isLong, setLong] = useState(false);
  const words = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const box = words.current;
    if (box && !unfolded) setLong(box.scrollHeight > box.clientHeight + 1);
  });
  return (
    <div className="max-w-[85%] rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5">
      <p ref={words} dir="auto" className={classes("break-words whitespace-pre-wrap", !unfolded && "line-clamp-10")}>
        {text}
      </p>
      {isLong ? (
        <Button variant="quiet" className="mt-1 -ml-2 h-7 px-2 text-xs" onClick={() => unfold(!unfolded)}>
          {unfolded ? "Show less" : "Show all"}
        </Button>
      ) : null}
    </div>
  );
}

/** “2 / 3”, where the same place of the conversation has several questions. */
function Branches({ conversation, id }: { conversation: Conversation; id: string }) {
  const siblings = useStore(conversation.store, (state) => state.turns.siblings[id]);
  if (!siblings) return null;
  const place = siblings.indexOf(id);
  const show = (next: number) => {
    const other = siblings[next];
    if (other) conversation.show(other);
  };
  return (
    <fieldset className="flex items-center text-xs text-muted">
      <legend className="sr-only">Branches</legend>
      <IconButton label="Previous branch" className="size-7" disabled={place === 0} onClick={() => show(place - 1)}>
        <ChevronLeft />
      </IconButton>
      <span className="tabular-nums" aria-live="polite">
        {place + 1} / {siblings.length}
      </span>
      <IconButton
        label="Next branch"
        className="size-7"
        disabled={place === siblings.length - 1}
        onClick={() => show(place + 1)}
      >
        <ChevronRight />
      </IconButton>
    </fieldset>
  );
}

/** Enter sends, Shift+Enter breaks the line, Esc leaves it as it was. */
function Editor({ text, onDone }: { text: string; onDone: (changed: string | null) => void }) {
  const [changed, setChanged] = useState(text);
  const words = changed.trim();
  const sends = words !== "" && words.length <= MOST_CHARACTERS;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onDone(null);
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (sends) onDone(words);
    }
  };
  return (
    <div className="rounded-2xl bg-accent-soft p-2.5">
      <textarea
        // biome-ignore lint/a11y/noAutofocus: the person asked to edit it
        autoFocus
        dir="auto"
        aria-label="Edit the question"
        value={changed}
        onChange={(event) => setChanged(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-80 w-full resize-none rounded-lg border border-line bg-surface px-3 py-2 outline-none focus:border-accent"
      />
      <div className="mt-2 flex items-center justify-end gap-2">
        <p className="mr-auto px-1 text-xs text-muted">The first question and its answer stay as a branch.</p>
        <Button onClick={() => onDone(null)}>Cancel</Button>
        <Button variant="primary" disabled={!sends} onClick={() => onDone(words)}>
          Ask
        </Button>
      </div>
    </div>
  );
}
