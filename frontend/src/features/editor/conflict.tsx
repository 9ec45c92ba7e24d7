// Someone else saved the same stack: both are shown, and neither is lost.

import { sentenceOf } from "@/api";
import { Thumbnail } from "@/features/stacks";
import { differences } from "@/model/graph/differences";
import { configurationNow, graphOf, useStack } from "@/model/graph/store";
import { resolve, useSaving } from "@/model/stack/saving";
import { Button } from "@/ui/button";
import { ago } from "@/ui/dates";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { useNavigate } from "@/ui/router";
import { toast } from "@/ui/toast";

export function ConflictDialog() {
  const saving = useSaving();
  const graph = useStack((state) => state.graph);
  const navigate = useNavigate();
  if (saving.state !== "conflict") return null;
  const { theirs } = saving;
  const choose = async (choice: "mine" | "theirs") => {
    try {
      const { copy } = await resolve(choice);
      if (choice === "mine")
        toast("Yours is saved. The other version is kept among the stack’s versions.", { tone: "good" });
      else if (copy) {
        toast("Yours is kept as a stack of its own.", {
          tone: "good",
          action: { label: "Open it", run: () => void navigate(`/stacks/${copy}`) },
        });
      }
    } catch (error) {
      toast(sentenceOf(error), { tone: "bad" });
    }
  };
  const sides = [
    {
      title: "Yours",
      when: "not saved yet",
      configuration: configurationNow(),
      lines: differences(graphOf(theirs).graph, graph),
    },
    {
      title: "The other",
      when: `saved ${ago(theirs.updated_at)}`,
      configuration: theirs.configuration,
      lines: differences(graph, graphOf(theirs).graph),
    },
  ];
  return (
    <Dialog
      open
      onOpenChange={() => {}}
      title="This stack was changed elsewhere"
      description="Another tab or person saved it while you were editing. Choose which one goes on; the other is kept."
      width="large"
    >
      <DialogBody className="grid gap-4 sm:grid-cols-2">
        {sides.map((side) => (
          <section key={side.title} aria-label={side.title} className="overflow-hidden rounded-xl border border-line">
            <div className="grid h-36 place-items-center border-b border-line bg-ground p-3">
              <Thumbnail configuration={side.configuration} />
            </div>
            <div className="p-4">
              <h3 className="font-semibold">
                {side.title} <span className="font-normal text-muted">· {side.when}</span>
              </h3>
              <ul className="mt-1 text-sm text-muted">
                {side.lines.slice(0, 6).map((line) => (
                  <li key={line}>{line}</li>
                ))}
                {side.lines.length > 6 ? <li>and {side.lines.length - 6} more</li> : null}
              </ul>
            </div>
          </section>
        ))}
      </DialogBody>
      <DialogFoot>
        <Button onClick={() => void choose("theirs")}>Go on with the other, keep mine as a copy</Button>
        <Button variant="primary" onClick={() => void choose("mine")}>
          Go on with mine
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
