// The address of a stack's chat.
import { useCallback } from "react";
import { TopBar, useTitle } from "@/app/page";
import { ChatPage } from "@/features/chat";
import { useParams, useSearchParams } from "@/ui/router";

export function Chat() {
  const { workflowId = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const named = search.get("session");
  const onSession = useCallback(
    // A new conversation gets its id with its first question: that is no step to go back to.
    (id: string | null) => setSearch({ session: id ?? "new" }, { replace: named === null || named === "new" }),
    [setSearch, named],
  );
  useTitle("Chat");
  return (
    <div className="flex h-full flex-col">
      <TopBar />
      <main className="min-h-0 flex-1">
        <ChatPage key={workflowId} workflowId={workflowId} sessionId={named} onSession={onSession} />
      </main>
    </div>
  );
}
