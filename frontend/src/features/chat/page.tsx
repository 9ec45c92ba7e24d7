// A stack's chat as a page of its own.
export type ChatPageProps = {
  workflowId: string;
  /** The conversation that the address names, or the last one. */
  sessionId: string | null;
};

export function ChatPage({ workflowId }: ChatPageProps) {
  return <p className="p-6 text-muted">The chat of {workflowId}</p>;
}
