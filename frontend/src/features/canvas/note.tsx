// A sticky note: Markdown, written in place.
import { type NodeProps, NodeResizer } from "@xyflow/react";
import { memo } from "react";
import { write } from "@/model/graph/edits";
import type { StackNode } from "@/model/graph/shape";
import { canEdit, edit, hold, release } from "@/model/graph/store";
import { part } from "@/ui/part";
import { setCanvasState, useCanvasState } from "./canvas-state";

const Markdown = part(async () => (await import("@/ui/markdown")).default);

export const Note = memo(function Note({ id, data, selected }: NodeProps<StackNode>) {
  const writing = useCanvasState((state) => state.naming === id);
  const text = String(data["text"] ?? "");
  return (
    <div
      className="flex h-full flex-col rounded-lg border border-note-line bg-note p-3 shadow-card"
      data-testid={`note-${id}`}
    >
      <NodeResizer
        isVisible={selected && canEdit()}
        minWidth={120}
        minHeight={64}
        lineClassName="note-line"
        handleClassName="note-handle"
        onResizeStart={hold}
        onResizeEnd={release}
      />
      {writing ? (
        <textarea
          // biome-ignore lint/a11y/noAutofocus: the person asked to write
          autoFocus
          aria-label="Note"
          placeholder="Write a note. Markdown is supported."
          className="nodrag nowheel size-full resize-none bg-transparent outline-none placeholder:text-muted"
          value={text}
          onChange={(event) => edit((graph) => write(graph, id, event.target.value), `${id}.text`)}
          onBlur={() => setCanvasState({ naming: null })}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Escape") setCanvasState({ naming: null });
          }}
        />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same
        <div
          className="nowheel min-h-0 flex-1 overflow-auto"
          onDoubleClick={() => canEdit() && setCanvasState({ naming: id })}
        >
          {text ? (
            <Markdown text={text} fallback={text} />
          ) : (
            <p className="text-muted">Empty note. Double-click or press F2 to write.</p>
          )}
        </div>
      )}
    </div>
  );
});
