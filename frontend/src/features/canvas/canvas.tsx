// The canvas: React Flow over the open stack, with the rules of what may be joined.
import {
  Background,
  BackgroundVariant,
  type Connection,
  ConnectionLineType,
  type FinalConnectionState,
  getViewportForBounds,
  type NodeProps,
  type OnConnectStartParams,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useConnection,
  useReactFlow,
  type Viewport,
  ViewportPortal,
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
import { type End, type Ends, endsOf, firstFit, judge, labelOf, nodeOf, portOf } from "@/model/graph/rules";
import { CARD, isNote, NOTE, type StackEdge, type StackNode } from "@/model/graph/shape";
import { changeEdges, changeNodes, edit, hold, release, shownGraph, touch, useStack } from "@/model/graph/store";
import { DRAGGED } from "@/model/node-types";
import { useTheme } from "@/model/theme";
import { toast } from "@/ui/toast";
import { add, addBetween, graphNow } from "./actions";
import { Controls } from "./controls";
import { EdgeLine } from "./edge";
import { snapped } from "./guides";
import { CanvasMenu } from "./menu";
import { fitOf, flow, moment, startDrawing, useMoment } from "./moment";
import { NodeCard } from "./node-card";
import { Note } from "./note";
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

/** Where a large stack is seen whole, before anything was measured: it is drawn once, small, and not large first. */
function overviewOf(nodes: ReadonlyArray<StackNode>): Viewport {
  const xs = nodes.map((node) => node.position.x);
  const ys = nodes.map((node) => node.position.y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const bounds = { x, y, width: Math.max(...xs) + CARD.width - x, height: Math.max(...ys) + CARD.height - y };
  const wide = Math.max(320, window.innerWidth - (window.innerWidth < 768 ? 0 : 248));
  return getViewportForBounds(bounds, wide, window.innerHeight - 56, 0.08, 1, 0.08);
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

/** The edge whose end is being moved; it does not count while its new place is judged. */
const moving: { edge: string | null } = { edge: null };

const endsOfConnection = (ends: Connection | StackEdge): Ends => ({
  source: ends.source,
  sourceHandle: ends.sourceHandle ?? null,
  target: ends.target,
  targetHandle: ends.targetHandle ?? null,
});

function isRight(ends: Connection | StackEdge, catalog: Parameters<typeof judge>[1]): boolean {
  return judge(graphNow(), catalog, endsOfConnection(ends), moving.edge ?? undefined).ok;
}

/** An edge let go over a node, beside its ports: the first port that fits takes it. */
function dropOnNode(from: End, nodeId: string): void {
  edit((graph) => {
    const node = nodeOf(graph, nodeId);
    const catalog = catalogNow();
    const type = catalog.types.get(node?.type ?? "");
    const port = portOf(graph, catalog, from);
    if (!(type && port)) return graph;
    const fit = firstFit(from.side === "output" ? type.inputs : type.outputs, port, from.side);
    const ends =
      fit && endsOf(from, { node: nodeId, port: fit.name, side: from.side === "output" ? "input" : "output" });
    return ends ? connect(graph, catalog, ends) : graph;
  });
}

function edgeUnder(x: number, y: number): string | null {
  const found = document.elementsFromPoint(x, y).map((one) => one.closest<SVGGElement>(".react-flow__edge"));
  return found.find((one) => one !== null)?.dataset["id"] ?? null;
}

/** The edge under a dragged node that has none of its own and fits in there. */
function takes(node: StackNode): string | null {
  const graph = graphNow();
  if (isNote(node) || graph.edges.some((edge) => edge.source === node.id || edge.target === node.id)) return null;
  const box = document.querySelector(`.react-flow__node[data-id="${CSS.escape(node.id)}"]`)?.getBoundingClientRect();
  if (!box) return null;
  const edge = edgeUnder(box.left + box.width / 2, box.top + box.height / 2);
  return edge && insertBetween(graph, catalogNow(), edge, node.id) !== graph ? edge : null;
}

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

function GuideLines() {
  const guides = useMoment((state) => state.guides);
  return (
    <ViewportPortal>
      {guides.x === null ? null : <div className="guide guide-x" style={{ transform: `translateX(${guides.x}px)` }} />}
      {guides.y === null ? null : <div className="guide guide-y" style={{ transform: `translateY(${guides.y}px)` }} />}
    </ViewportPortal>
  );
}

/** Beside the pointer, why the port under it does not take the edge. */
function WhyNot() {
  const shown = useConnection((state) =>
    state.inProgress && state.toHandle && state.isValid === false
      ? `${state.pointer.x}\n${state.pointer.y}\n${state.toHandle.nodeId}\n${state.toHandle.id}\n${state.toHandle.type}`
      : "",
  );
  const drawing = useMoment((state) => state.drawing);
  if (!shown || !drawing) return null;
  const [x, y, node = "", port = "", type] = shown.split("\n");
  const why = fitOf({ ...useMoment.getState(), drawing }, { node, port, side: type === "source" ? "output" : "input" });
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
