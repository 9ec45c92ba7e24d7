// What may come over every page: the question for a token, a document that is read, and the command palette.
import { useEffect } from "react";
import { useTokenPrompt } from "@/api";
import { openCommands, useCommands } from "@/model/shell/commands";
import { useDocumentViewer } from "@/model/shell/document-viewer";
import { useExporting } from "@/model/shell/export-dialog";
import { whenIdle } from "@/ui/idle";
import { part } from "@/ui/part";

const TokenPrompt = part(async () => (await import("./token-prompt")).default);
const GoTo = part(async () => (await import("./go-to")).default);
const DocumentViewer = part(async () => (await import("@/features/knowledge")).Reader);

const ExportDialog = part(async () => (await import("@/features/stacks/export")).default);

export function Overlays() {
  const exporting = useExporting((state) => state.exporting);
  const asking = useTokenPrompt((state) => state.asking);
  const viewing = useDocumentViewer((state) => state.viewed !== null);
  const going = useCommands((state) => state.open);

  useEffect(() => {
    // So that it is there when its keys are pressed; what cannot be fetched now is fetched then.
    const cancel = whenIdle(GoTo.preload);
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openCommands();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => {
      cancel();
      window.removeEventListener("keydown", onKey);
    };
  }, []);

  return (
    <>
      {asking ? <TokenPrompt /> : null}
      {viewing ? <DocumentViewer /> : null}
      {exporting ? <ExportDialog exporting={exporting} /> : null}
      {going ? <GoTo /> : null}
    </>
  );
}
