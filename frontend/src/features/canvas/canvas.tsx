// The canvas: React Flow over the open stack, with the rules of what may be joined.
import {
  Background,
  BackgroundVariant,
  type Connection,
  ConnectionLineType,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import {
  type ComponentType,
  type DragEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { NOTE, type StackEdge, type StackNode } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { DRAGGED } from "@/model/node-types/node-types";
import { useTheme } from "@/model/shell/theme";
import { add, addBetween, graphNow } from "./actions";
import { flow, MANY, seenFrom, setCanvasState, useView } from "./canvas-state";
import { Controls } from "./controls";
import { EdgeLine } from "./edge";
import { HANDLERS } from "./handlers";
import { GuideLines, WhyNot } from "./hints";
import { CanvasMenu } from "./menu";
import { withEnds, withName } from "./names";
import { NodeCard } from "./node-card";
import { Note } from "./note";
import { edgeUnder, isRight, overviewOf } from "./placing";
import "@xyflow/react/dist/base.css";
import "./canvas.css";

const EDGES = Object.fromEntries(
  ["default", "straight", "step", "smoothstep", "simplebezier", "bezier"].map((name) => [name, EdgeLine]),
);
const PRO = { hideAttribution: true };
const GRID: [number, number] = [8, 8];
const MORE_KEYS = ["Shift", "Meta", "Control"];
const EMPTY = { x: 0, y: 0, zoom: 1 };
const FIT = { padding: "32px", maxZoom: 1 } as const;

export function Canvas({ children }: { children?: ReactNode }) {
  return (
    <ReactFlowProvider>
      <Flow>{children}</Flow>
    </ReactFlowProvider>
  );
}

function Distance({ count }: { count: number }) {
  const zoom = useStore((state) => state.transform[2]);
  useLayoutEffect(() => seenFrom(zoom, count), [zoom, count]);
  return null;
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
  const still = useStack((state) => state.pastRun !== null || state.locked);
  const pastRun = useStack((state) => state.pastRun !== null);
  const theme = useTheme((state) => state.shown);
  const nodeTypes = useNodeTypes(nodes);
  const crowd = useView((view) => view.crowd);
  const element = useRef<HTMLDivElement>(null);
  // Nothing is fitted later: what is dropped on an empty canvas stays where it was dropped.
  const begin = useRef(nodes.length >= MANY ? overviewOf(nodes) : nodes.length ? null : EMPTY);
  useState(() => seenFrom(begin.current?.zoom ?? 1, nodes.length)); // before the first card is drawn
  const instance = useReactFlow<StackNode, StackEdge>();

  useEffect(() => {
    flow.now = instance;
    flow.element = element.current;
    return () => {
      flow.now = null;
      flow.element = null;
    };
  }, [instance]);

  const named = useMemo(() => nodes.map(withName), [nodes]);
  const joined = useMemo(() => withEnds(edges, nodes, catalog), [edges, nodes, catalog]);

  const right = useCallback((ends: Connection | StackEdge) => isRight(ends, catalog), [catalog]);
  const dropping = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED) || still) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setCanvasState({ takingEdge: edgeUnder(event.clientX, event.clientY) });
    },
    onDragLeave: () => setCanvasState({ takingEdge: null }),
    onDrop: (event: DragEvent) => {
      const type = catalog.types.get(event.dataTransfer.getData(DRAGGED));
      if (!type || still) return;
      event.preventDefault();
      const at = instance.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const edge = edgeUnder(event.clientX, event.clientY);
      const before = graphNow();
      if (edge) addBetween(type, edge, at);
      if (graphNow() === before) add(type, at);
      setCanvasState({ takingEdge: null });
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
          setCanvasState({
            adding: { kind: "node", at: instance.screenToFlowPosition({ x: event.clientX, y: event.clientY }) },
          });
        }}
        {...dropping}
      >
        <ReactFlow<StackNode, StackEdge>
          nodes={named}
          edges={joined}
          nodeTypes={nodeTypes}
          edgeTypes={EDGES}
          colorMode={theme}
          {...(begin.current ? { defaultViewport: begin.current } : { fitView: true, fitViewOptions: FIT })}
          minZoom={0.08}
          maxZoom={2}
          snapToGrid
          snapGrid={GRID}
          nodesDraggable={!still}
          nodesConnectable={!still}
          edgesReconnectable={!(still || crowd)}
          elementsSelectable
          onlyRenderVisibleElements={nodes.length >= MANY}
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={MORE_KEYS}
          selectionMode={SelectionMode.Partial}
          zoomOnDoubleClick={false}
          panOnScroll
          connectionRadius={28}
          connectionLineType={ConnectionLineType.Bezier}
          proOptions={PRO}
          isValidConnection={right}
          {...HANDLERS}
          ariaLabelConfig={LABELS}
        >
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} color="var(--dots)" />
          <Distance count={nodes.length} />
          <Controls />
          <GuideLines />
          <WhyNot />
          {pastRun ? null : children}
        </ReactFlow>
      </div>
    </CanvasMenu>
  );
}

const LABELS = {
  "node.a11yDescription.default":
    "Enter selects, arrows move, Delete removes, F2 renames, F10 with Shift opens a menu.",
  "node.a11yDescription.keyboardDisabled": "Enter selects.",
  "edge.a11yDescription.default": "Enter selects, Delete removes.",
};
