// The page of a stack's chat; the address names the stack and the conversation.
import { useCallback } from "react";
import { useParams, useSearchParams } from "@/ui/router";
import { ChatPage } from "./chat";

export default function Page() {
  const { workflowId = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const named = search.get("session");
  const onSession = useCallback(
    // A new conversation gets its id with its first question: that is no step to go back to.
    (id: string | null) => setSearch({ session: id ?? "new" }, { replace: named === null || named === "new" }),
    [setSearch, named],
  );
  return <ChatPage key={workflowId} workflowId={workflowId} sessionId={named} onSession={onSession} />;
}
