// An edge: in the colour of what it carries, moving while data does, with a + and a × where the pointer or the focus is.
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { Plus, X } from "lucide-react";
import { memo } from "react";
import { remove } from "@/model/graph/edits";
import { typeOf } from "@/model/graph/rules";
import type { StackEdge } from "@/model/graph/shape";
import { edit, shownGraph, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { outputOf, placeOf } from "@/model/node-types/node-types";
import { useRunning } from "@/model/run/running";
import { classes } from "@/ui/classes";
import { hue } from "@/ui/hue";
import { setCanvasState, useCanvasState, useView } from "./canvas-state";

export const EdgeLine = memo(function EdgeLine(props: EdgeProps<StackEdge>) {
  const { id, source, target, sourceHandleId, selected, interactionWidth } = props;
  const catalog = useCatalog();
  const [path, x, y] = getBezierPath(props);
  const type = useStack((state) => typeOf(shownGraph(state).nodes, source));
  const moving = useRunning(({ run }) => flows(run?.nodes[source]?.status, run?.nodes[target]?.status));
  const near = useCanvasState((state) => state.hoveredEdge === id);
  const taking = useCanvasState((state) => state.takingEdge === id);
  const crowd = useView((view) => view.crowd);
  const port = outputOf(catalog, type, sourceHandleId);
  const { color } = hue(port ? placeOf(port, catalog) : -1);
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        interactionWidth={crowd ? 0 : (interactionWidth ?? 20)}
        className={classes("edge", moving && "edge-moving", (selected || taking) && "edge-chosen", near && "edge-near")}
        style={{ stroke: color }}
      />
      {near || selected ? <EdgeTools id={id} x={x} y={y} /> : null}
    </>
  );
});

function flows(source: string | undefined, target: string | undefined): boolean {
  return target === "running" && (source === "succeeded" || source === "running");
}

function EdgeTools({ id, x, y }: { id: string; x: number; y: number }) {
  const still = useStack((state) => state.pastRun !== null || state.locked);
  if (still) return null;
  const button = "grid size-6 place-items-center text-muted hover:bg-hover hover:text-ink [&_svg]:size-3.5";
  return (
    <EdgeLabelRenderer>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keeps the tools while the pointer is on them */}
      <div
        className="nodrag nopan pointer-events-auto absolute flex overflow-hidden rounded-full border border-line bg-surface shadow-float"
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        onMouseEnter={() => setCanvasState({ hoveredEdge: id })}
        onMouseLeave={() => setCanvasState({ hoveredEdge: null })}
      >
        <button
          type="button"
          className={button}
          aria-label="Insert a component"
          title="Insert a component"
          onClick={() => setCanvasState({ adding: { kind: "between", edge: id } })}
        >
          <Plus />
        </button>
        <button
          type="button"
          className={button}
          aria-label="Remove this edge"
          title="Remove this edge"
          onClick={() => edit((graph) => remove(graph, new Set([id])))}
        >
          <X />
        </button>
      </div>
    </EdgeLabelRenderer>
  );
}
