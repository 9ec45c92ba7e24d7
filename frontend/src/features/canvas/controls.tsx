// The canvas's own controls: zoom, fit, lock, tidy up, and the map.
import { MiniMap, Panel, useStore } from "@xyflow/react";
import { Lock, LockOpen, Map as MapIcon, Maximize, Minus, Network, Plus } from "lucide-react";
import { useCallback, useState } from "react";
import type { StackNode } from "@/model/graph/shape";
import { isNote } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { useRunning } from "@/model/run/running";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { fitAll, tidy, zoomIn, zoomOut } from "./actions";

const MAP_NODES = 8; // from which a map helps
const MAP_CANVAS_WIDTH = 620; // pixels in which the map does not touch the toolbar

const COLOURS: Record<string, string> = {
  waiting: "var(--line-strong)",
  running: "var(--accent)",
  succeeded: "var(--good)",
  failed: "var(--bad)",
  skipped: "var(--line)",
};

export function Controls() {
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  const locked = useStack((state) => state.locked);
  const count = useStack((state) => shownGraph(state).nodes.length);
  const roomy = useStore((state) => state.width >= MAP_CANVAS_WIDTH);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const map = wanted ?? (roomy && count >= MAP_NODES);
  return (
    <>
      <Panel position="bottom-left" className="!m-3">
        <div
          role="toolbar"
          aria-label="Canvas"
          className="flex items-center rounded-xl border border-line bg-surface p-1 shadow-float"
        >
          <IconButton label="Zoom out" keys="-" onClick={zoomOut}>
            <Minus />
          </IconButton>
          <span className="w-11 text-center text-xs text-muted tabular-nums" data-testid="zoom">
            {percent} %
          </span>
          <IconButton label="Zoom in" keys="+" onClick={zoomIn}>
            <Plus />
          </IconButton>
          <IconButton label="Show everything" keys="1" onClick={fitAll}>
            <Maximize />
          </IconButton>
          <IconButton label="Tidy up" keys="Shift+L" disabled={locked} onClick={() => void tidy()}>
            <Network />
          </IconButton>
          <IconButton
            label={locked ? "Unlock the canvas" : "Lock the canvas"}
            pressed={locked}
            onClick={() => useStack.setState({ locked: !locked })}
          >
            {locked ? <Lock /> : <LockOpen />}
          </IconButton>
          <IconButton label={map ? "Hide the map" : "Show the map"} pressed={map} onClick={() => setWanted(!map)}>
            <MapIcon />
          </IconButton>
        </div>
      </Panel>
      {map ? <StatusMap raised={!roomy} /> : null}
    </>
  );
}

function StatusMap({ raised }: { raised: boolean }) {
  const statuses = useRunning(({ run }) =>
    run
      ? Object.values(run.nodes)
          .map((node) => `${node.id}\t${node.status}`)
          .join("\n")
      : "",
  );
  const colour = useCallback(
    (node: StackNode) => {
      if (isNote(node)) return "var(--note-line)";
      const line = statuses.split("\n").find((one) => one.startsWith(`${node.id}\t`));
      return (line && COLOURS[line.split("\t")[1] ?? ""]) || "var(--line-strong)";
    },
    [statuses],
  );
  return (
    <MiniMap<StackNode>
      pannable
      zoomable
      nodeColor={colour}
      nodeBorderRadius={12}
      ariaLabel="Map of the canvas"
      className={classes("!m-3 overflow-hidden rounded-xl border border-line shadow-float", raised && "!bottom-12")}
      style={{ width: 176, height: 112 }}
    />
  );
}
