// Reads an answer to those who listen: sentence by sentence, never token by token.
import { useEffect, useRef, useState } from "react";
import { isOver, type ShownTurn } from "../conversation/shown-turn";
import { Sentences } from "./sentences";

const KEPT = 8; // sentences that stay in the region

const LAST_WORDS = {
  done: "The answer is complete.",
  stopped: "Stopped.",
  failed: "The answer failed.",
  unsent: "Not sent.",
};

export function Announcer({ shown }: { shown: ShownTurn | null }) {
  const [said, setSaid] = useState<ReadonlyArray<{ id: number; text: string }>>([]);
  const reader = useRef<Sentences | null>(null);
  const count = useRef(0);
  const doing = useRef<string | null>(null);

  useEffect(() => {
    const found: string[] = [];
    if (shown && !isOver(shown.phase)) {
      reader.current ??= new Sentences();
      if (shown.doing && shown.doing !== doing.current && !shown.text) found.push(`${shown.doing}.`);
      doing.current = shown.doing;
    }
    if (shown && reader.current) {
      found.push(...reader.current.next(shown.text, isOver(shown.phase)));
      if (isOver(shown.phase)) {
        found.push(LAST_WORDS[shown.phase as keyof typeof LAST_WORDS]);
        if (shown.wrong) found.push(shown.wrong.message);
        reader.current = null;
      }
    }
    if (found.length) {
      const made = found.map((text) => {
        count.current += 1;
        return { id: count.current, text };
      });
      setSaid((before) => [...before, ...made].slice(-KEPT));
    }
  }, [shown]);

  return (
    <div aria-live="polite" aria-relevant="additions" data-testid="announcer" className="sr-only">
      {said.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
