// What may come over every page: the question for a token, a document that is read, and “go to anything”.
import { lazy, Suspense, useEffect, useState } from "react";
import { useTokenPrompt } from "@/api";
import { useReading } from "@/model/shell/document-viewer";

const TokenPrompt = lazy(() => import("./token-prompt"));
const fetchGoTo = () => import("./go-to");
const GoTo = lazy(fetchGoTo);
const Reader = lazy(async () => ({ default: (await import("@/features/documents")).Reader }));

export function Overlays() {
  const asking = useTokenPrompt((state) => state.asking);
  const reading = useReading((state) => state.reading !== null);
  const [going, setGoing] = useState(false);

  useEffect(() => {
    // So that it is there when its keys are pressed; what cannot be fetched now is fetched then.
    const early = setTimeout(() => fetchGoTo().catch(() => {}), 1500);
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setGoing(true);
      }
    };
    const onAsked = () => setGoing(true);
    window.addEventListener("keydown", onKey);
    window.addEventListener("genai-stack:go-to", onAsked);
    return () => {
      clearTimeout(early);
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("genai-stack:go-to", onAsked);
    };
  }, []);

  return (
    <Suspense>
      {asking ? <TokenPrompt /> : null}
      {reading ? <Reader /> : null}
      {going ? <GoTo onClose={() => setGoing(false)} /> : null}
    </Suspense>
  );
}
