// What the canvas brings into view by itself: the stack when it is opened, the node that runs, the one that is selected.
import { useNodesInitialized, useReactFlow, useStore, type Viewport } from "@xyflow/react";
import { useEffect } from "react";
import type { StackNode } from "@/model/graph/shape";
import { sizeOf } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { boundsOf, keepView, moveIntoView, readableView } from "@/model/graph/view";
import { useRunning } from "@/model/run/running";
import { calm } from "./actions";
import { MANY, setCanvasState, useCanvasState } from "./canvas-state";

/** From here on the view is the person's: it is moved by nothing but what they do. */
export const takeOver = (): void => {
  if (!useCanvasState.getState().ownView) setCanvasState({ ownView: true });
};

export function rememberView(event: unknown, view: Viewport): void {
  if (event) takeOver();
  const { id, rest } = useStack.getState();
  if (id && useCanvasState.getState().ownView) {
    keepView(id, view);
    useStack.setState({ rest: { ...rest, viewport: view } });
  }
}

const onlySelected = (nodes: ReadonlyArray<StackNode>) => {
  const selected = nodes.filter((node) => node.selected);
  return selected.length === 1 ? selected[0] : undefined;
};

const boxOf = (node: StackNode) => ({ ...node.position, ...sizeOf(node) });

export function Framing() {
  const flow = useReactFlow();
  const measured = useNodesInitialized();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const chosen = useStack((state) => (state.holding ? undefined : onlySelected(shownGraph(state).nodes)?.id));
  const running = useRunning(({ run }) => run?.plan.find((one) => run.nodes[one.id]?.status === "running")?.id);

  useEffect(() => {
    if (!measured || !width) return;
    setCanvasState({ measured: true });
    const { nodes } = shownGraph(useStack.getState());
    const node = nodes.find((one) => one.id === chosen);
    const size = { width, height };
    if (node) {
      const view = moveIntoView(boxOf(node), flow.getViewport(), size);
      if (view) void flow.setViewport(view, { duration: calm(200) });
    } else if (!useCanvasState.getState().ownView && nodes.length < MANY) {
      const box = boundsOf(nodes);
      if (box) void flow.setViewport(readableView(box, size));
    }
  }, [measured, width, height, chosen, flow]);

  useEffect(() => {
    const node = shownGraph(useStack.getState()).nodes.find((one) => one.id === running);
    if (!node || !width || useCanvasState.getState().ownView) return;
    const view = moveIntoView(boxOf(node), flow.getViewport(), { width, height });
    if (view) void flow.setViewport(view, { duration: calm(300) });
  }, [running, width, height, flow]);

  useEffect(() => () => setCanvasState({ measured: false, ownView: false }), []);
  return null;
}
