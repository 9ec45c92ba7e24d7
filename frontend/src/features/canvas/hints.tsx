// What is drawn over the canvas while something is dragged: lines that it snaps to, and why a port does not fit.
import { useConnection, ViewportPortal } from "@xyflow/react";
import { fitOf, useCanvasState } from "./canvas-state";
import { useGuides } from "./guides";

export function GuideLines() {
  const guides = useGuides();
  return (
    <ViewportPortal>
      {guides.x === null ? null : <div className="guide guide-x" style={{ transform: `translateX(${guides.x}px)` }} />}
      {guides.y === null ? null : <div className="guide guide-y" style={{ transform: `translateY(${guides.y}px)` }} />}
    </ViewportPortal>
  );
}

/** Beside the pointer, why the port under it does not take the edge. */
export function WhyNot() {
  const shown = useConnection((state) =>
    state.inProgress && state.toHandle && state.isValid === false
      ? `${state.pointer.x}\n${state.pointer.y}\n${state.toHandle.nodeId}\n${state.toHandle.id}\n${state.toHandle.type}`
      : "",
  );
  const drawing = useCanvasState((state) => state.drawing);
  if (!shown || !drawing) return null;
  const [x, y, node = "", port = "", type] = shown.split("\n");
  const why = fitOf(
    { ...useCanvasState.getState(), drawing },
    { node, port, side: type === "source" ? "output" : "input" },
  );
  if (!why || why === "start") return null;
  return (
    <div
      role="status"
      className="pointer-events-none absolute top-0 left-0 z-50 rounded-md bg-ink px-2 py-1 text-xs font-medium text-ground shadow-float"
      style={{ transform: `translate(${Number(x) + 14}px, ${Number(y) + 14}px)` }}
      data-testid="why-not"
    >
      {why.charAt(0).toUpperCase() + why.slice(1)}
    </div>
  );
}
