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
  useKeyPress,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import {
  type ComponentType,
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
import { keptView } from "@/model/graph/view";
import { useCatalog } from "@/model/node-types/catalog";
import { useTheme } from "@/model/shell/theme";
import { classes } from "@/ui/classes";
import { flow, MANY, seenFrom, setCanvasState, useCanvasState, useView } from "./canvas-state";
import { Controls } from "./controls";
import { FileHint, useDropping } from "./dropping";
import { EdgeLine } from "./edge";
import { Framing, rememberView, takeOver } from "./framing";
import { HANDLERS } from "./handlers";
import { GuideLines, WhyNot } from "./hints";
import { CanvasMenu } from "./menu";
import { withEnds, withName } from "./names";
import { NodeCard } from "./node-card";
import { Note } from "./note";
import { isRight, overviewOf } from "./placing";
import "@xyflow/react/dist/base.css";
import "./canvas.css";

const EDGES = Object.fromEntries(
  ["default", "straight", "step", "smoothstep", "simplebezier", "bezier"].map((name) => [name, EdgeLine]),
);
const PRO = { hideAttribution: true };
const GRID: [number, number] = [8, 8];
const MORE_KEYS = ["Shift", "Meta", "Control"];
const EMPTY = { x: 0, y: 0, zoom: 1 };

type CanvasProps = {
  /** A node was clicked, selected or not. */
  onOpen: (node: string) => void;
  /** Files were dropped on the canvas. */
  onFiles: (files: ReadonlyArray<File>) => void;
  children?: ReactNode;
};

export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
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

function Flow({ onOpen, onFiles, children }: CanvasProps) {
  const catalog = useCatalog();
  const nodes = useStack((state) => shownGraph(state).nodes) as StackNode[];
  const edges = useStack((state) => shownGraph(state).edges) as StackEdge[];
  const still = useStack((state) => state.pastRun !== null || state.locked);
  const pastRun = useStack((state) => state.pastRun !== null);
  const settling = useCanvasState((state) => state.settling);
  const theme = useTheme((state) => state.shown);
  const nodeTypes = useNodeTypes(nodes);
  const crowd = useView((view) => view.crowd);
  const element = useRef<HTMLDivElement>(null);
  // Nothing is fitted later: what is dropped on an empty canvas stays where it was dropped.
  const [kept] = useState(() => keptView(useStack.getState().id ?? ""));
  const begin = useRef(kept ?? (nodes.length >= MANY ? overviewOf(nodes) : nodes.length ? null : EMPTY));
  useState(() => {
    seenFrom(begin.current?.zoom ?? 1, nodes.length); // before the first card is drawn
    if (kept) takeOver();
  });
  const instance = useReactFlow<StackNode, StackEdge>();
  const moving = useKeyPress("Space"); // a drag then moves the canvas, wherever it begins

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
  const dropping = useDropping(still, onFiles);

  return (
    <CanvasMenu>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: double-click does what “/” does */}
      <div
        ref={element}
        className={classes("relative size-full outline-none", settling && "settling")}
        onTransitionEnd={(event) => {
          if (settling && event.propertyName === "transform") setCanvasState({ settling: false });
        }}
        tabIndex={-1}
        data-testid="canvas"
        onDoubleClick={(event) => {
          if (!(event.target as Element).classList.contains("react-flow__pane") || still) return;
          setCanvasState({
            adding: { kind: "node", at: instance.screenToFlowPosition({ x: event.clientX, y: event.clientY }) },
          });
        }}
        {...dropping.handlers}
      >
        {dropping.files ? <FileHint /> : null}
        <ReactFlow<StackNode, StackEdge>
          nodes={named}
          edges={joined}
          nodeTypes={nodeTypes}
          edgeTypes={EDGES}
          colorMode={theme}
          defaultViewport={begin.current ?? EMPTY}
          onMoveEnd={rememberView}
          minZoom={0.08}
          maxZoom={2}
          snapToGrid
          snapGrid={GRID}
          nodesDraggable={!(still || moving)}
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
          onNodeClick={(_, node) => onOpen(node.id)}
          ariaLabelConfig={LABELS}
        >
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} color="var(--dots)" />
          <Distance count={nodes.length} />
          <Framing />
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
