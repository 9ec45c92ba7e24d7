// The first visit: the server's example is opened, with a question of its own in the chat's box.
import { useEffect } from "react";
import { sentenceOf } from "@/api";
import { exampleAddress, markVisited } from "@/model/stack/example";
import { EditorSkeleton } from "@/ui/editor-skeleton";
import { navigate } from "@/ui/router";
import { toast } from "@/ui/toast";

export function FirstVisit({ id, otherwise }: { id: string; otherwise: () => void }) {
  useEffect(() => {
    const onError = (sentence: string) =>
      toast(`The example’s document cannot be searched: ${sentence}`, { tone: "bad" });
    exampleAddress(id, onError)
      .then((address) => navigate(address, { replace: true }))
      .catch((error: unknown) => {
        markVisited();
        toast(sentenceOf(error), { tone: "bad" });
        otherwise();
      });
  }, [id, otherwise]);
  return (
    <div className="fixed inset-0 z-40 bg-ground">
      <EditorSkeleton />
    </div>
  );
}
