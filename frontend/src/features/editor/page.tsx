// The address of a stack's editor: loads it, and saves it while it is open.
import { useQuery } from "@tanstack/react-query";
import { Compass, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { call, Problem, sentenceOf, type WorkflowOut } from "@/api";
import { close } from "@/model/graph/store";
import { loadCatalog } from "@/model/node-types/catalog";
import { unwatch } from "@/model/run/running";
import { beginSaving } from "@/model/stack/saving";
import { Button } from "@/ui/button";
import { EditorSkeleton } from "@/ui/editor-skeleton";
import { Empty } from "@/ui/empty";
import { Logo } from "@/ui/logo";
import { useTitle } from "@/ui/page-head";
import { Link, useParams } from "@/ui/router";
import { EditorView } from "./view";

export default function Page() {
  const { id = "" } = useParams();
  return <Opened key={id} id={id} />;
}

function Opened({ id }: { id: string }) {
  useEffect(() => void loadCatalog(), []);
  // Read once: while it is open the stack is ours, and never jumps under the person who edits it.
  const found = useQuery({
    queryKey: ["workflows", "opened", id],
    queryFn: ({ signal }) => call("GET /workflows/{workflow_id}", { path: { workflow_id: id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  if (found.data) return <Begun stack={found.data} />;
  if (found.isError) return <NotOpened error={found.error} again={() => void found.refetch()} />;
  return <EditorSkeleton />;
}

function Begun({ stack }: { stack: WorkflowOut }) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    const end = beginSaving(stack);
    let gone = false;
    // Ports are measured with the nodes, so the catalog comes first; without one the library says what is the matter.
    void loadCatalog().then(() => gone || setReady(true));
    return () => {
      gone = true;
      end();
      unwatch();
      close();
    };
  }, [stack]);
  return ready ? <EditorView id={stack.id} /> : <EditorSkeleton />;
}

function NotOpened({ error, again }: { error: unknown; again: () => void }) {
  const gone = error instanceof Problem && (error.status === 404 || error.status === 422);
  useTitle(gone ? "Stack not found" : "Stack");
  return (
    <div>
      <header className="flex h-14 items-center border-b border-line bg-surface px-4">
        <Link to="/stacks" aria-label="My stacks" className="rounded-lg">
          <Logo className="size-7" />
        </Link>
      </header>
      <main>
        <Empty
          icon={gone ? Compass : TriangleAlert}
          title={gone ? "Stack not found" : "The stack could not be opened"}
          actions={
            <>
              {gone ? null : <Button onClick={again}>Try again</Button>}
              <Button asChild variant="primary">
                <Link to="/stacks">My stacks</Link>
              </Button>
            </>
          }
        >
          {gone ? "It may have been deleted, or the link is incomplete." : sentenceOf(error)}
        </Empty>
      </main>
    </div>
  );
}
