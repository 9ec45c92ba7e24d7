// The page's start.
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "@/api";
import { Pages } from "@/app/pages";
import { followSystemTheme } from "@/model/shell/theme";
import { Toasts } from "@/ui/toast";
import { TooltipProvider } from "@/ui/tooltip";
import "./styles.css";

followSystemTheme();
const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={400} skipDelayDuration={200}>
        <Pages />
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
