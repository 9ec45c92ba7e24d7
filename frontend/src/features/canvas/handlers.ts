// What happens on the canvas: always the same functions, so that nothing is drawn anew because of them.
import type {
  FinalConnectionState,
  NodeChange,
  OnConnectStartParams,
  OnNodeDrag,
  OnReconnect,
  ReactFlowProps,
} from "@xyflow/react";
import type { MouseEvent } from "react";
import { connect, insertBetween, reconnect, remove } from "@/model/graph/edits";
import type { End } from "@/model/graph/rules";
import type { StackEdge, StackNode } from "@/model/graph/shape";
import { changeEdges, changeNodes, edit, hold, release, touch } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { toast } from "@/ui/toast";
import { graphNow } from "./actions";
import { fitOf, flow, setCanvasState, startDrawing, useCanvasState } from "./canvas-state";
import { NO_GUIDES, snapped, useGuides } from "./guides";
import { dropOnNode, endsOfConnection, moving, takes } from "./placing";

type Pointed = MouseEvent | globalThis.MouseEvent;

function onNodesChange(changes: NodeChange<StackNode>[]): void {
  const { changes: wanted, guides } = snapped(changes, graphNow().nodes);
  const shown = useGuides.getState();
  if (shown.x !== guides.x || shown.y !== guides.y) useGuides.setState(guides);
  changeNodes(wanted);
}

function onConnectStart(_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams): void {
  if (nodeId && handleId) {
    startDrawing({ node: nodeId, port: handleId, side: handleType === "source" ? "output" : "input" });
  }
}

function onConnectEnd(event: globalThis.MouseEvent | TouchEvent, state: FinalConnectionState): void {
  const drawing = useCanvasState.getState().drawing;
  setCanvasState({ drawing: null });
  if (!drawing || state.isValid || moving.edge) return;
  const point = "changedTouches" in event ? event.changedTouches[0] : event;
  if (!point) return;
  if (state.toHandle) {
    const to: End = {
      node: state.toHandle.nodeId,
      port: state.toHandle.id ?? "",
      side: state.toHandle.type === "source" ? "output" : "input",
    };
    const why = fitOf({ ...useCanvasState.getState(), drawing }, to);
    if (why && why !== "start") toast(`These ports cannot be connected: ${why}.`);
    return;
  }
  const under = document.elementFromPoint(point.clientX, point.clientY);
  const onto = under?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
  if (onto) {
    dropOnNode(drawing.from, onto);
  } else if (under?.closest(".react-flow__pane")) {
    const at = flow.now?.screenToFlowPosition({ x: point.clientX, y: point.clientY }) ?? null;
    setCanvasState({ adding: { kind: "wire", from: drawing.from, at, ports: false } });
  }
}

/** Whether the end that is being moved has found another port. */
let reconnected = false;

function onReconnectStart(_: unknown, edge: StackEdge, end: "source" | "target"): void {
  reconnected = false;
  moving.edge = edge.id;
  startDrawing(
    end === "target"
      ? { node: edge.source, port: edge.sourceHandle ?? "", side: "output" }
      : { node: edge.target, port: edge.targetHandle ?? "", side: "input" },
  );
}

const onReconnect: OnReconnect<StackEdge> = (edge, ends) => {
  reconnected = true;
  edit((graph) => reconnect(graph, catalogNow(), edge.id, endsOfConnection(ends)));
};

function onReconnectEnd(_: unknown, edge: StackEdge, __: unknown, state: FinalConnectionState): void {
  moving.edge = null;
  setCanvasState({ drawing: null });
  if (!reconnected && !state.isValid && !state.toHandle) edit((graph) => remove(graph, new Set([edge.id])));
  setTimeout(() => {
    reconnected = false;
  });
}

const onNodeDrag: OnNodeDrag<StackNode> = (_, node) => {
  const takingEdge = takes(node);
  if (takingEdge !== useCanvasState.getState().takingEdge) setCanvasState({ takingEdge });
};

const onNodeDragStop: OnNodeDrag<StackNode> = (_, node) => {
  const edge = takes(node);
  if (edge) touch((graph) => insertBetween(graph, catalogNow(), edge, node.id));
  release();
  setCanvasState({ takingEdge: null });
  useGuides.setState(NO_GUIDES);
};

function onEdgeMouseLeave(event: MouseEvent, edge: StackEdge): void {
  const onto = event.relatedTarget as Element | null;
  if (!onto?.closest?.(".react-flow__edgelabel-renderer") && useCanvasState.getState().hoveredEdge === edge.id) {
    setCanvasState({ hoveredEdge: null });
  }
}

const many = () => graphNow().nodes.filter((node) => node.selected).length > 1;

function openMenu(kind: "node" | "edge" | "canvas" | "selection", id: string, event: Pointed): void {
  const at = flow.now?.screenToFlowPosition({ x: event.clientX, y: event.clientY }) ?? { x: 0, y: 0 };
  setCanvasState({ menu: { kind, id, at } });
  if (kind === "node")
    changeNodes(graphNow().nodes.map((node) => ({ type: "select", id: node.id, selected: node.id === id })));
}

export const HANDLERS: Partial<ReactFlowProps<StackNode, StackEdge>> = {
  onNodesChange,
  onEdgesChange: changeEdges,
  onConnectStart,
  onConnect: (ends) => edit((graph) => connect(graph, catalogNow(), endsOfConnection(ends))),
  onConnectEnd,
  onReconnectStart,
  onReconnect,
  onReconnectEnd,
  onNodeDragStart: () => {
    setCanvasState({ ownView: true, settling: false });
    hold();
  },
  onNodeDrag,
  onNodeDragStop,
  onSelectionStart: hold,
  onSelectionEnd: release,
  onSelectionDragStart: hold,
  onSelectionDragStop: () => {
    release();
    useGuides.setState(NO_GUIDES);
  },
  onEdgeMouseEnter: (_, edge) => setCanvasState({ hoveredEdge: edge.id }),
  onEdgeMouseLeave,
  onNodeContextMenu: (event, node) => openMenu(node.selected && many() ? "selection" : "node", node.id, event),
  onSelectionContextMenu: (event) => openMenu("selection", "", event),
  onEdgeContextMenu: (event, edge) => openMenu("edge", edge.id, event),
  onPaneContextMenu: (event) => openMenu("canvas", "", event),
};
