// Every address of the pages. Each page is its own piece of JavaScript.
import { createBrowserRouter } from "react-router";
import { Layout } from "./layout";
import { Lost, PageError } from "./page-error";

export const router = createBrowserRouter([
  {
    element: <Layout />,
    errorElement: <PageError />,
    HydrateFallback: () => null,
    children: [
      { index: true, lazy: async () => ({ Component: (await import("./pages/home")).Home }) },
      { path: "stacks/:id", lazy: async () => ({ Component: (await import("./pages/editor")).Editor }) },
      { path: "chat/:workflowId", lazy: async () => ({ Component: (await import("./pages/chat")).Chat }) },
      {
        path: "documents/:documentId?",
        lazy: async () => ({ Component: (await import("./pages/documents")).Documents }),
      },
      { path: "credentials", lazy: async () => ({ Component: (await import("./pages/credentials")).Credentials }) },
      { path: "settings", lazy: async () => ({ Component: (await import("./pages/settings")).Settings }) },
      { path: "*", element: <Lost /> },
    ],
  },
]);
