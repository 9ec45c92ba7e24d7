// A formula of an answer.
import { useLayoutEffect, useRef, useState } from "react";
import { LazyPart, useLazyPart } from "./lazy-part";

const KATEX = new LazyPart(() => import("./katex").then((module) => module.drawFormula));

export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const draw = useLazyPart(KATEX);
  const box = useRef<HTMLSpanElement>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (!draw || !box.current) return;
    try {
      draw(tex, box.current, display);
      setWrong(null);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  }, [draw, tex, display]);
  if (!draw || wrong) return <code title={wrong ?? undefined}>{tex}</code>;
  return <span ref={box} dir="ltr" className={display ? "formula-block" : "formula"} data-testid="formula" />;
}
