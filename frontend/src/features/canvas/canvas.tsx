// The canvas: React Flow over the open stack, with the rules of what may be joined.
import {
  Background,
  BackgroundVariant,
  ConnectionLineType,
  type FinalConnectionState,
  type NodeProps,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import {
  type ComponentType,
  type DragEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
} from "react";
import { catalogNow, useCatalog } from "@/model/catalog";
import { connect, insertBetween, reconnect, remove } from "@/model/graph/edits";
import { type End, labelOf } from "@/model/graph/rules";
import { isNote, NOTE, type StackEdge, type StackNode } from "@/model/graph/shape";
import { changeEdges, changeNodes, edit, hold, release, shownGraph, touch, useStack } from "@/model/graph/store";
import { DRAGGED } from "@/model/node-types";
import { useTheme } from "@/model/theme";
import { toast } from "@/ui/toast";
import { add, addBetween, graphNow } from "./actions";
import { Controls } from "./controls";
import { EdgeLine } from "./edge";
import { snapped } from "./guides";
import { GuideLines, WhyNot } from "./hints";
import { CanvasMenu } from "./menu";
import { fitOf, flow, moment, startDrawing, useMoment } from "./moment";
import { NodeCard } from "./node-card";
import { Note } from "./note";
import { dropOnNode, edgeUnder, endsOfConnection, isRight, moving, overviewOf, takes } from "./placing";
import "@xyflow/react/dist/base.css";
import "./canvas.css";

const MANY = 200; // nodes from which only those in view are drawn
const EDGES = Object.fromEntries(
  ["default", "straight", "step", "smoothstep", "simplebezier", "bezier"].map((name) => [name, EdgeLine]),
);
const GRID: [number, number] = [8, 8];
const FIT = { padding: "32px", maxZoom: 1 } as const;

export function Canvas({ children }: { children?: ReactNode }) {
  return (
    <ReactFlowProvider>
      <Flow>{children}</Flow>
    </ReactFlowProvider>
  );
}

/** Every type is drawn by the same card; the map changes only when a type comes that was not there. */
function useNodeTypes(nodes: ReadonlyArray<StackNode>): Record<string, ComponentType<NodeProps<StackNode>>> {
  const catalog = useCatalog();
  const present = [...new Set([...catalog.types.keys(), ...nodes.map((node) => node.type ?? "")])].sort().join("\n");
  return useMemo(
    () => ({ ...Object.fromEntries(present.split("\n").map((type) => [type, NodeCard])), [NOTE]: Note }),
    [present],
  );
}

function Flow({ children }: { children?: ReactNode }) {
  const catalog = useCatalog();
  const nodes = useStack((state) => shownGraph(state).nodes) as StackNode[];
  const edges = useStack((state) => shownGraph(state).edges) as StackEdge[];
  const still = useStack((state) => state.frozen !== null || state.locked);
  const frozen = useStack((state) => state.frozen !== null);
  const theme = useTheme((state) => state.shown);
  const nodeTypes = useNodeTypes(nodes);
  const element = useRef<HTMLDivElement>(null);
  const overview = useRef(nodes.length >= MANY ? overviewOf(nodes) : null);
  const instance = useReactFlow<StackNode, StackEdge>();
  const reconnected = useRef(false);

  useEffect(() => {
    flow.now = instance;
    flow.element = element.current;
    return () => {
      flow.now = null;
      flow.element = null;
    };
  }, [instance]);

  const named = useMemo(() => {
    const before = withNames.get(catalog) ?? new WeakMap<StackNode, StackNode>();
    withNames.set(catalog, before);
    return nodes.map((node) => {
      const found = before.get(node) ?? { ...node, ariaLabel: isNote(node) ? "Note" : labelOf(node, catalog) };
      before.set(node, found);
      return found;
    });
  }, [nodes, catalog]);

  const onConnectStart = useCallback((_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
    if (nodeId && handleId) {
      startDrawing({ node: nodeId, port: handleId, side: handleType === "source" ? "output" : "input" });
    }
  }, []);

  const onConnectEnd = useCallback((event: globalThis.MouseEvent | TouchEvent, state: FinalConnectionState) => {
    const drawing = useMoment.getState().drawing;
    moment({ drawing: null });
    if (!drawing || state.isValid || moving.edge) return;
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (!point) return;
    if (state.toHandle) {
      const to: End = {
        node: state.toHandle.nodeId,
        port: state.toHandle.id ?? "",
        side: state.toHandle.type === "source" ? "output" : "input",
      };
      const why = fitOf({ ...useMoment.getState(), drawing }, to);
      if (why && why !== "start") toast(`These do not fit: ${why}.`);
      return;
    }
    const under = document.elementFromPoint(point.clientX, point.clientY);
    const onto = under?.closest<HTMLElement>(".react-flow__node")?.dataset["id"];
    if (onto) return dropOnNode(drawing.from, onto);
    if (!under?.closest(".react-flow__pane")) return;
    const at = flow.now?.screenToFlowPosition({ x: point.clientX, y: point.clientY }) ?? null;
    moment({ adding: { kind: "wire", from: drawing.from, at, ports: false } });
  }, []);

  const onReconnectEnd = useCallback((_: unknown, edge: StackEdge, __: unknown, state: FinalConnectionState) => {
    moment({ drawing: null });
    if (!reconnected.current && !state.isValid && !state.toHandle) edit((graph) => remove(graph, new Set([edge.id])));
    setTimeout(() => {
      reconnected.current = false;
    });
  }, []);

  const dropping = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED) || still) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      moment({ takingEdge: edgeUnder(event.clientX, event.clientY) });
    },
    onDragLeave: () => moment({ takingEdge: null }),
    onDrop: (event: DragEvent) => {
      const type = catalog.types.get(event.dataTransfer.getData(DRAGGED));
      if (!type || still) return;
      event.preventDefault();
      const at = instance.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const edge = edgeUnder(event.clientX, event.clientY);
      const before = graphNow();
      if (edge) addBetween(type, edge, at);
      if (graphNow() === before) add(type, at);
      moment({ takingEdge: null });
      element.current?.focus({ preventScroll: true });
    },
  };

  return (
    <CanvasMenu>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: double-click does what “/” does */}
      <div
        ref={element}
        className="relative size-full outline-none"
        tabIndex={-1}
        data-testid="canvas"
        onDoubleClick={(event) => {
          if (!(event.target as Element).classList.contains("react-flow__pane") || still) return;
          moment({
            adding: { kind: "node", at: instance.screenToFlowPosition({ x: event.clientX, y: event.clientY }) },
          });
        }}
        {...dropping}
      >
        <ReactFlow<StackNode, StackEdge>
          nodes={named}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={EDGES}
          colorMode={theme}
          {...(overview.current ? { defaultViewport: overview.current } : { fitView: true, fitViewOptions: FIT })}
          minZoom={0.08}
          maxZoom={2}
          snapToGrid
          snapGrid={GRID}
          nodesDraggable={!still}
          nodesConnectable={!still}
          edgesReconnectable={!still}
          elementsSelectable
          onlyRenderVisibleElements={nodes.length >= MANY}
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={["Shift", "Meta", "Control"]}
          selectionMode={SelectionMode.Partial}
          zoomOnDoubleClick={false}
          panOnScroll
          connectionRadius={28}
          connectionLineType={ConnectionLineType.Bezier}
          proOptions={{ hideAttribution: true }}
          onNodesChange={(changes) => {
            const { changes: wanted, guides } = snapped(changes, graphNow().nodes);
            const shown = useMoment.getState().guides;
            if (shown.x !== guides.x || shown.y !== guides.y) moment({ guides });
            changeNodes(wanted);
          }}
          onEdgesChange={changeEdges}
          isValidConnection={(ends) => isRight(ends, catalog)}
          onConnectStart={onConnectStart}
          onConnect={(ends) => edit((graph) => connect(graph, catalog, endsOfConnection(ends)))}
          onConnectEnd={onConnectEnd}
          onReconnectStart={(_, edge, end) => {
            reconnected.current = false;
            moving.edge = edge.id;
            startDrawing(
              end === "target"
                ? { node: edge.source, port: edge.sourceHandle ?? "", side: "output" }
                : { node: edge.target, port: edge.targetHandle ?? "", side: "input" },
            );
          }}
          onReconnect={(edge, ends) => {
            reconnected.current = true;
            edit((graph) => reconnect(graph, catalog, edge.id, endsOfConnection(ends)));
          }}
          onReconnectEnd={(event, edge, end, state) => {
            moving.edge = null;
            onReconnectEnd(event, edge, end, state);
          }}
          onNodeDragStart={hold}
          onNodeDrag={(_, node) => {
            const takingEdge = takes(node);
            if (takingEdge !== useMoment.getState().takingEdge) moment({ takingEdge });
          }}
          onNodeDragStop={(_, node) => {
            const edge = takes(node);
            if (edge) touch((graph) => insertBetween(graph, catalogNow(), edge, node.id));
            release();
            moment({ takingEdge: null, guides: { x: null, y: null } });
          }}
          onSelectionStart={hold}
          onSelectionEnd={release}
          onSelectionDragStart={hold}
          onSelectionDragStop={() => {
            release();
            moment({ guides: { x: null, y: null } });
          }}
          onEdgeMouseEnter={(_, edge) => moment({ hoveredEdge: edge.id })}
          onEdgeMouseLeave={(event, edge) => {
            const onto = (event as MouseEvent).relatedTarget as Element | null;
            if (!onto?.closest?.(".react-flow__edgelabel-renderer") && useMoment.getState().hoveredEdge === edge.id) {
              moment({ hoveredEdge: null });
            }
          }}
          onNodeContextMenu={(event, node) => openMenu(node.selected && many() ? "selection" : "node", node.id, event)}
          onSelectionContextMenu={(event) => openMenu("selection", "", event)}
          onEdgeContextMenu={(event, edge) => openMenu("edge", edge.id, event)}
          onPaneContextMenu={(event) => openMenu("canvas", "", event)}
          ariaLabelConfig={LABELS}
        >
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} color="var(--dots)" />
          <Controls />
          <GuideLines />
          <WhyNot />
          {frozen ? null : children}
        </ReactFlow>
      </div>
    </CanvasMenu>
  );
}

/** The same object for the same node: React Flow leaves alone what is the same. */
const withNames = new WeakMap<object, WeakMap<StackNode, StackNode>>();

const LABELS = {
  "node.a11yDescription.default":
    "Enter selects, arrows move, Delete removes, F2 renames, F10 with Shift opens a menu.",
  "node.a11yDescription.keyboardDisabled": "Enter selects.",
  "edge.a11yDescription.default": "Enter selects, Delete removes.",
};

const many = () => graphNow().nodes.filter((node) => node.selected).length > 1;

function openMenu(
  kind: "node" | "edge" | "canvas" | "selection",
  id: string,
  event: MouseEvent | globalThis.MouseEvent,
) {
  const at = flow.now?.screenToFlowPosition({ x: event.clientX, y: event.clientY }) ?? { x: 0, y: 0 };
  moment({ menu: { kind, id, at } });
  if (kind === "node")
    changeNodes(graphNow().nodes.map((node) => ({ type: "select", id: node.id, selected: node.id === id })));
}
