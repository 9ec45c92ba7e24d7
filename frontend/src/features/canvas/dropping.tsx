// What is dropped on the canvas: a component from the library, or files for the knowledge base.
import { useReactFlow } from "@xyflow/react";
import { FileUp } from "lucide-react";
import { type DragEvent, useState } from "react";
import { catalogNow } from "@/model/node-types/catalog";
import { DRAGGED } from "@/model/node-types/node-types";
import { add, addBetween, graphNow } from "./actions";
import { flow, setCanvasState } from "./canvas-state";
import { edgeUnder } from "./placing";

/** `files` says whether files are over the canvas now. `still`: the stack cannot be changed. */
export function useDropping(still: boolean, onFiles: (files: ReadonlyArray<File>) => void) {
  const instance = useReactFlow();
  const [files, setFiles] = useState(false);

  const onDragOver = (event: DragEvent) => {
    const { types } = event.dataTransfer;
    if (still || !(types.includes(DRAGGED) || types.includes("Files"))) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setFiles(types.includes("Files"));
    if (types.includes(DRAGGED)) setCanvasState({ takingEdge: edgeUnder(event.clientX, event.clientY) });
  };
  const onDragLeave = () => {
    setFiles(false);
    setCanvasState({ takingEdge: null });
  };
  const onDrop = (event: DragEvent) => {
    setFiles(false);
    if (still) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) return onFiles([...event.dataTransfer.files]);
    const type = catalogNow().types.get(event.dataTransfer.getData(DRAGGED));
    if (!type) return;
    const at = instance.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const edge = edgeUnder(event.clientX, event.clientY);
    const before = graphNow();
    if (edge) addBetween(type, edge, at);
    if (graphNow() === before) add(type, at);
    setCanvasState({ takingEdge: null });
    flow.element?.focus({ preventScroll: true });
  };
  return { files, handlers: { onDragOver, onDragLeave, onDrop } };
}

export function FileHint() {
  return (
    <div className="pointer-events-none absolute inset-3 z-30 grid place-items-center rounded-xl border-2 border-dashed border-accent bg-accent-soft/80">
      <p className="flex items-center gap-2 text-lg font-semibold text-accent-ink">
        <FileUp className="size-5" aria-hidden />
        Add to Knowledge Base
      </p>
    </div>
  );
}
