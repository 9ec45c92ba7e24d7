// The frame around every page: what is at the top, and what may come over it.
import { lazy, Suspense, useEffect, useState } from "react";
import { Outlet, ScrollRestoration } from "react-router";
import { useTokenPrompt } from "@/api";

const TokenPrompt = lazy(() => import("./token-prompt"));
const GoTo = lazy(() => import("./go-to"));

export function Layout() {
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
    <>
      <Outlet />
      <ScrollRestoration />
      <Suspense>
        {asking ? <TokenPrompt /> : null}
        {going ? <GoTo onClose={() => setGoing(false)} /> : null}
      </Suspense>
    </>
  );
}
