// Esc, wherever the focus is in the chat.
import { useEffect, useRef } from "react";

type Taken = () => void;
const taking: Taken[] = [];
const OTHERS = '[role="dialog"][data-state="open"], [role="menu"][data-state="open"]';

/**
 * What began last gets it. Beside a canvas, Esc outside of the chat belongs to the canvas; without `inFields`, Esc in a
 * text field belongs to the field.
 */
export function useEscape(active: boolean, wholePage: boolean, run: Taken, inFields = true): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!active) return;
    const mine = () => latest.current();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing || taking.at(-1) !== mine) return;
      if (document.querySelector(OTHERS)) return;
      if (!inFields && (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement))
        return;
      const inChat = event.target instanceof Element && event.target.closest("[data-chat]");
      if (!inChat && !(wholePage && event.target === document.body)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      mine();
    };
    taking.push(mine);
    window.addEventListener("keydown", onKey, true);
    return () => {
      taking.splice(taking.indexOf(mine), 1);
      window.removeEventListener("keydown", onKey, true);
    };
  }, [active, wholePage, inFields]);
}
