// What may come over every page: the question for a token, and “go to anything”.
import { lazy, Suspense, useEffect, useState } from "react";
import { useTokenPrompt } from "@/api";

const TokenPrompt = lazy(() => import("./token-prompt"));
const GoTo = lazy(() => import("./go-to"));

export function Overlays() {
  const asking = useTokenPrompt((state) => state.asking);
  const [going, setGoing] = useState(false);

  useEffect(() => {
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
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("genai-stack:go-to", onAsked);
    };
  }, []);

  return (
    <Suspense>
      {asking ? <TokenPrompt /> : null}
      {going ? <GoTo onClose={() => setGoing(false)} /> : null}
    </Suspense>
  );
}
