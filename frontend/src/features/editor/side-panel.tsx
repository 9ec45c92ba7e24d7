// What stands on the right: the selected node's settings and last run, the runs, or the problems.
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { act } from "@/features/canvas";
import { select } from "@/model/graph/edits";
import { labelOf, nodeOf } from "@/model/graph/rules";
import { shownGraph, touch, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { hue } from "@/ui/hue";
import { Icon } from "@/ui/icon";
import { part } from "@/ui/part";
import { useChosen } from "./node-in-address";
import { panels, useInAddress, usePanels } from "./panels";
import { ProblemList } from "./problems";

export const NodeSettings = part(async () => (await import("./node-settings")).default);
export const Inspector = part(async () => (await import("@/features/runs")).Inspector);
export const RunList = part(async () => (await import("@/features/runs")).RunList);

export function SidePanel({ id }: { id: string }) {
  const side = usePanels((state) => state.side);
  const chosen = useChosen();
  if (side === "node" && chosen) return <NodePanel id={id} chosen={chosen} />;
  if (side === "runs") return <RunsPanel id={id} />;
  if (side === "problems") {
    return (
      <Frame title="Problems" onClose={() => panels({ side: null })}>
        <ProblemList />
      </Frame>
    );
  }
  return null;
}

type FrameProps = { title: ReactNode; label?: string; onClose: () => void; children: ReactNode };

function Frame({ title, label, onClose, children }: FrameProps) {
  return (
    <aside
      aria-label={label ?? String(title)}
      className={classes(
        "z-20 flex w-88 shrink-0 flex-col border-l border-line bg-surface",
        "max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:shadow-dialog max-sm:w-full",
      )}
    >
      <header className="flex min-h-12 items-center gap-2 border-b border-line py-2 pr-2 pl-4">
        <h2 className="flex min-w-0 flex-1 items-center gap-2.5 truncate font-semibold">{title}</h2>
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      {children}
    </aside>
  );
}

function NodePanel({ id, chosen }: { id: string; chosen: string }) {
  const tab = usePanels((state) => state.tab);
  const node = useStack((state) => nodeOf(shownGraph(state), chosen));
  const catalog = useCatalog();
  if (!node) return null;
  const type = catalog.types.get(node.type ?? "");
  const { color, soft } = hue(catalog.categories.find((one) => one.name === type?.category)?.place ?? -1);
  const title = (
    <>
      <span className="grid size-7 shrink-0 place-items-center rounded-lg" style={{ background: soft, color }}>
        <Icon name={type?.icon} className="size-4" />
      </span>
      <span className="truncate">{labelOf(node, catalog)}</span>
    </>
  );
  return (
    <Frame title={title} label={labelOf(node, catalog)} onClose={() => touch((graph) => select(graph, new Set()))}>
      <div role="tablist" aria-label="Node panel" className="flex gap-1 border-b border-line px-3">
        {(["settings", "run"] as const).map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={tab === name}
            aria-controls="tab-panel"
            onClick={() => panels({ tab: name })}
            className={classes(
              "-mb-px h-10 border-b-2 px-2 text-sm font-medium transition-colors",
              tab === name ? "border-accent text-ink" : "border-transparent text-muted hover:text-ink",
            )}
          >
            {name === "settings" ? "Settings" : "Last run"}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} className="flex min-h-0 flex-1 flex-col">
        {tab === "settings" ? (
          <NodeSettings
            key={chosen}
            workflowId={id}
            node={node}
            onDelete={() => act.removeSelected(new Set([chosen]))}
          />
        ) : (
          <Inspector nodeId={chosen} />
        )}
      </div>
    </Frame>
  );
}

function RunsPanel({ id }: { id: string }) {
  const [shown, setShown] = useInAddress("run");
  return (
    <Frame title="Runs" onClose={() => panels({ side: null })}>
      <RunList workflowId={id} shown={shown} onOpen={(run) => setShown(run.id, true)} />
    </Frame>
  );
}
