// What is going on on the canvas at this moment, and is part of no stack: palettes, names being typed, edges being drawn.
import type { ReactFlowInstance } from "@xyflow/react";
import { create } from "zustand";
import { CIRCLE, type End, mismatch, portOf, reach } from "@/model/graph/rules";
import type { StackEdge, StackNode } from "@/model/graph/shape";
import { shownGraph, useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { accepts } from "@/model/node-types/node-types";

type Point = { x: number; y: number };

/** A list of what may be added, and where it goes (in the canvas's units; null is its middle). */
export type Adding =
  | { kind: "node"; at: Point | null }
  | { kind: "between"; edge: string }
  | { kind: "wire"; from: End; at: Point | null; ports: boolean };

type CanvasState = {
  adding: Adding | null;
  /** The node or note whose text is being typed. */
  naming: string | null;
  keysShown: boolean;
  hoveredEdge: string | null;
  /** The edge that would take the node that is being dragged. */
  takingEdge: string | null;
  /** An edge that is being drawn: its fixed end, and the nodes that would close a circle. */
  drawing: { from: End; circle: ReadonlySet<string> } | null;
  /** Whether the nodes have their sizes, so that the view can be set. */
  measured: boolean;
  /** The person has panned, zoomed, moved or added something: the view stays where it is. */
  ownView: boolean;
  /** Nodes are on their way to the places of a new layout. */
  settling: boolean;
  menu: { kind: "node" | "edge" | "canvas" | "selection"; id: string; at: Point };
};

export const useCanvasState = create<CanvasState>(() => ({
  adding: null,
  naming: null,
  keysShown: false,
  hoveredEdge: null,
  takingEdge: null,
  drawing: null,
  measured: false,
  ownView: false,
  settling: false,
  menu: { kind: "canvas", id: "", at: { x: 0, y: 0 } },
}));

export const setCanvasState = useCanvasState.setState;

/** From `far` away cards are plain boxes, in a `crowd` edges are plain lines. Told here once, not asked by every card. */
export const useView = create(() => ({ far: false, crowd: false }));

const FAR = 0.4; // zoom
export const MANY = 200; // nodes from which only those in view are drawn

export function seenFrom(zoom: number, nodes: number): void {
  const far = zoom < FAR;
  const crowd = far && nodes >= MANY;
  const now = useView.getState();
  if (now.far !== far || now.crowd !== crowd) useView.setState({ far, crowd });
}

/** The canvas that is on the page; null while there is none (the outline is shown). */
export const flow: { now: ReactFlowInstance<StackNode, StackEdge> | null; element: HTMLElement | null } = {
  now: null,
  element: null,
};

export function startDrawing(from: End): void {
  const circle = reach(useStack.getState().graph, from.node, from.side === "output" ? "against" : "along");
  setCanvasState({ drawing: { from, circle } });
}

/** Null while nothing is drawn; "start" for its own end; "" where it fits; otherwise why not. */
export function fitOf({ drawing }: CanvasState, end: End): string | null {
  if (!drawing) return null;
  const { from, circle } = drawing;
  if (from.node === end.node && from.port === end.port && from.side === end.side) return "start";
  if (from.side === end.side) return from.side === "output" ? "connect it to an input" : "connect it to an output";
  if (circle.has(end.node)) return CIRCLE;
  const graph = shownGraph(useStack.getState());
  const [catalog, output, input] = [catalogNow(), ...(from.side === "output" ? [from, end] : [end, from])] as const;
  const [given, wanted] = [output && portOf(graph, catalog, output), input && portOf(graph, catalog, input)];
  if (!(given && wanted)) return "this port does not exist";
  return accepts(wanted, given) ? "" : mismatch(wanted, given, catalog);
}

/** The middle of what is seen of the canvas, in its units. */
export function middle(): Point {
  const box = flow.element?.getBoundingClientRect();
  if (!flow.now || !box) return { x: 0, y: 0 };
  return flow.now.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
}
