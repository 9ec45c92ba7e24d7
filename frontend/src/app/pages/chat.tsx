// The address of a stack's chat.
import { useParams, useSearchParams } from "react-router";
import { TopBar, useTitle } from "@/app/page";
import { ChatPage } from "@/features/chat";

export function Chat() {
  const { workflowId = "" } = useParams();
  const [search] = useSearchParams();
  useTitle("Chat");
  return (
    <div className="flex h-full flex-col">
      <TopBar />
      <main className="min-h-0 flex-1">
        <ChatPage key={workflowId} workflowId={workflowId} sessionId={search.get("session")} />
      </main>
    </div>
  );
}
