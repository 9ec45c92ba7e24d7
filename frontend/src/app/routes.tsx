// Every page in one table: its address, its place in the navigation, its layout. The bar and “Go to” read it.
import { FileText, KeyRound, Layers3, type LucideIcon, Settings2 } from "lucide-react";
import { type ComponentType, lazy } from "react";
import { EditorSkeleton } from "@/ui/editor-skeleton";

/** `wide` and `narrow` are columns under the bar, `full` takes the rest of the window, `bare` has no bar. */
export type LayoutName = "wide" | "narrow" | "full" | "bare";

export type PageRoute = {
  path: string;
  title: string;
  layout: LayoutName;
  page: ComponentType;
  /** Where it stands in the navigation; null where a page is reached from another. */
  nav: { section: "Build" | "Talk" | "Observe" | "Settings"; to: string; icon: LucideIcon } | null;
  /** What is shown until the page's code is there. */
  skeleton?: ComponentType;
};

export const ROUTES: ReadonlyArray<PageRoute> = [
  {
    path: "/stacks",
    title: "My stacks",
    layout: "wide",
    page: lazy(() => import("@/features/stacks/page")),
    nav: { section: "Build", to: "/stacks", icon: Layers3 },
  },
  {
    path: "/stacks/:id",
    title: "Stack",
    layout: "bare",
    page: lazy(() => import("@/features/editor/page")),
    nav: null,
    skeleton: EditorSkeleton,
  },
  {
    path: "/knowledge/:baseId?",
    title: "Knowledge",
    layout: "wide",
    page: lazy(() => import("@/features/knowledge/page")),
    nav: { section: "Build", to: "/knowledge", icon: FileText },
  },
  {
    path: "/chat/:workflowId",
    title: "Chat",
    layout: "full",
    page: lazy(() => import("@/features/chat/page")),
    nav: null,
  },
  {
    path: "/settings/credentials",
    title: "API keys",
    layout: "narrow",
    page: lazy(() => import("@/features/credentials/page")),
    nav: { section: "Settings", to: "/settings/credentials", icon: KeyRound },
  },
  {
    path: "/settings/profile",
    title: "Settings",
    layout: "narrow",
    page: lazy(() => import("@/features/settings/page")),
    nav: { section: "Settings", to: "/settings/profile", icon: Settings2 },
  },
  {
    path: "/help",
    title: "Help",
    layout: "narrow",
    page: lazy(() => import("@/features/help/page")),
    nav: null,
  },
];

/** Addresses of before, and where they lead. What stands after the “?” goes along. */
export const REDIRECTS: Readonly<Record<string, string>> = {
  "/": "/stacks",
  "/documents": "/knowledge",
  "/documents/:document": "/knowledge?document=:document",
  "/credentials": "/settings/credentials",
  "/settings": "/settings/profile",
};

export const NAVIGATION = ROUTES.flatMap(({ title, nav }) => (nav ? [{ ...nav, label: title }] : []));
