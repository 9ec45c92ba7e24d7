// A stack's chat as a page of its own.
import { useQuery } from "@tanstack/react-query";
import { Compass, Workflow } from "lucide-react";
import { Problem, queries } from "@/api";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Link } from "@/ui/router";
import { useShown } from "./conversation/opened";
import { ChatView } from "./view";

export type ChatPageProps = {
  workflowId: string;
  /** The conversation that the address names: an id, `new`, or null for the last one. */
  sessionId: string | null;
  onSession: (id: string | null) => void;
};

export function ChatPage({ workflowId, sessionId, onSession }: ChatPageProps) {
  const stack = useQuery(queries.workflow(workflowId));
  const shown = useShown(workflowId, sessionId);
  if (stack.error instanceof Problem && stack.error.status < 500) {
    return (
      <Empty
        icon={Compass}
        title="This stack does not exist"
        actions={
          <Button asChild variant="primary">
            <Link to="/stacks">My stacks</Link>
          </Button>
        }
      >
        It may have been deleted, or the link is incomplete.
      </Empty>
    );
  }
  if (shown === undefined) return null;
  return (
    <ChatView
      beside
      workflowId={workflowId}
      name={stack.data?.name ?? ""}
      sessionId={shown}
      onSession={onSession}
      title={<h1 className="truncate">{stack.data?.name ?? " "}</h1>}
      actions={
        <Button asChild variant="quiet" className="px-2">
          <Link to={`/stacks/${workflowId}`} aria-label="Open the stack">
            <Workflow aria-hidden />
            <span className="hidden sm:inline">Open the stack</span>
          </Link>
        </Button>
      }
    />
  );
}
