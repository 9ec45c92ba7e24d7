// Every address of the pages. Each page is its own piece of JavaScript.
import { lazy } from "react";
import { type Route, Router } from "@/ui/router";
import { Overlays } from "./overlays";
import { Lost, PageError } from "./page-error";

const ROUTES: ReadonlyArray<Route> = [
  { path: "/", page: lazy(async () => ({ default: (await import("./pages/home")).Home })) },
  { path: "/stacks/:id", page: lazy(async () => ({ default: (await import("./pages/editor")).Editor })) },
  { path: "/chat/:workflowId", page: lazy(async () => ({ default: (await import("./pages/chat")).Chat })) },
  {
    path: "/documents/:documentId?",
    page: lazy(async () => ({ default: (await import("./pages/documents")).Documents })),
  },
  { path: "/credentials", page: lazy(async () => ({ default: (await import("./pages/credentials")).Credentials })) },
  { path: "/settings", page: lazy(async () => ({ default: (await import("./pages/settings")).Settings })) },
];

export function Pages() {
  return (
    <Router routes={ROUTES} lost={<Lost />} broken={(error) => <PageError error={error} />}>
      <Overlays />
    </Router>
  );
}
