// Someone else saved the same stack: both are shown, and neither is lost.

import { sentenceOf } from "@/api";
import { Thumbnail } from "@/features/stacks";
import { differences } from "@/model/graph/differences";
import { configurationNow, graphOf, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { resolve, useSaving } from "@/model/stack/saving";
import { Button } from "@/ui/button";
import { ago } from "@/ui/dates";
import { Dialog, DialogBody, DialogFoot } from "@/ui/dialog";
import { useNavigate } from "@/ui/router";
import { toast } from "@/ui/toast";

export function ConflictDialog() {
  const saving = useSaving();
  const graph = useStack((state) => state.graph);
  const base = useStack((state) => state.saved);
  const catalog = useCatalog();
  const navigate = useNavigate();
  if (saving.state !== "conflict") return null;
  const { theirs } = saving;
  const choose = async (choice: "mine" | "theirs") => {
    try {
      const { copy } = await resolve(choice);
      if (choice === "mine")
        toast("Your version is saved. The other one is in the stack’s version history.", { tone: "good" });
      else if (copy) {
        toast("Your version is kept as a separate stack.", {
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
      title: "Your version",
      when: "not saved yet",
      configuration: configurationNow(),
      lines: differences(base, graph, catalog),
    },
    {
      title: "The other version",
      when: `saved ${ago(theirs.updated_at)}`,
      configuration: theirs.configuration,
      lines: differences(base, graphOf(theirs).graph, catalog),
    },
  ];
  return (
    <Dialog
      open
      onOpenChange={() => {}}
      title="This stack was changed elsewhere"
      description="Another tab or person saved this stack while you were editing it. Choose which version to keep working on; the other one is kept too."
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
        <Button onClick={() => void choose("theirs")}>Use the other, keep mine as a copy</Button>
        <Button variant="primary" onClick={() => void choose("mine")}>
          Use mine
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
