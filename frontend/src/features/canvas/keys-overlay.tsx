// The keyboard shortcuts, as “?” shows them.
import { Dialog, DialogBody } from "@/ui/dialog";
import { Keys } from "@/ui/keys";
import { setCanvasState, useCanvasState } from "./canvas-state";
import type { Shortcut } from "./keys";

const GROUPS = ["Edit", "Go", "View"] as const;

export function KeysOverlay({ list }: { list: ReadonlyArray<Shortcut> }) {
  const shown = useCanvasState((state) => state.keysShown);
  return (
    <Dialog
      open={shown}
      onOpenChange={(keysShown) => setCanvasState({ keysShown })}
      title="Keyboard shortcuts"
      width="large"
    >
      <DialogBody className="grid gap-x-10 gap-y-6 sm:grid-cols-3">
        {GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3 className="mb-2 text-sm font-semibold text-muted">{group}</h3>
            <dl className="flex flex-col gap-1.5">
              {list
                .filter((one) => one.group === group)
                .map((one) => (
                  <div key={one.keys} className="flex items-center justify-between gap-4 text-sm">
                    <dt>{one.label}</dt>
                    <dd>
                      <Keys of={one.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </DialogBody>
    </Dialog>
  );
}
