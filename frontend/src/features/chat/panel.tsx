// The chat over the canvas: beside it, so that the stack is seen at work.
import { ExternalLink, X } from "lucide-react";
import { useCallback, useState } from "react";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/router";
import { NEW, useShown } from "./conversation/opened";
import { useEscape } from "./escape";
import { ChatView } from "./view";

export type ChatPanelProps = {
  workflowId: string;
  name: string;
  onClose: () => void;
  /** Stands in the box, ready to be sent. */
  question?: string | null;
  /** A run began that the canvas shows: it follows the run on a socket of its own. */
  onRun?: (runId: string) => void;
  /** Waits until the last edit is saved, so that what is asked is what is seen. */
  beforeAsking?: () => Promise<void>;
};

export function ChatPanel({ workflowId, name, question, onClose, onRun, beforeAsking }: ChatPanelProps) {
  const [named, setNamed] = useState<string | null>(null);
  const shown = useShown(workflowId, named);
  const onSession = useCallback((id: string | null) => setNamed(id ?? NEW), []);
  useEscape(true, false, onClose, false);
  return (
    <section
      role="dialog"
      aria-label={`Chat with ${name}`}
      data-testid="chat"
      className={classes(
        "fixed top-14 right-0 bottom-0 z-40 flex w-full animate-rise flex-col border-l border-line bg-ground shadow-dialog",
        "sm:top-16 sm:right-2 sm:bottom-2 sm:w-md sm:overflow-hidden sm:rounded-xl sm:border",
      )}
    >
      {shown === undefined ? null : (
        <ChatView
          workflowId={workflowId}
          name={name}
          sessionId={shown}
          onSession={onSession}
          question={question ?? null}
          onRun={onRun}
          beforeAsking={beforeAsking}
          onClose={onClose}
          title="Chat with stack"
          actions={
            <>
              <Button asChild variant="quiet" className="w-8 px-0">
                <Link to={`/chat/${workflowId}${shown ? `?session=${shown}` : ""}`} aria-label="Open as a page">
                  <ExternalLink aria-hidden />
                </Link>
              </Button>
              <IconButton label="Close the chat" onClick={onClose}>
                <X />
              </IconButton>
            </>
          }
        />
      )}
    </section>
  );
}
