// `?node=llm-1` selects that node, and selecting one writes it there.
import { useEffect, useRef, useState } from "react";
import { act, useCanvasState } from "@/features/canvas";
import { isNote } from "@/model/graph/shape";
import { useStack } from "@/model/graph/store";
import { panels, useInAddress, usePanels } from "./panels";

/** The one node that is selected, once the person has let go: nothing moves under a drag. */
export function useChosen(): string | null {
  const holding = useStack((state) => state.holding);
  const live = useLive();
  const [settled, setSettled] = useState(live);
  useEffect(() => {
    if (!holding) setSettled(live);
  }, [holding, live]);
  return settled;
}

function useLive(): string | null {
  return useStack((state) => {
    const chosen = (state.pastRun ?? state.graph).nodes.filter((node) => node.selected);
    const [only] = chosen;
    return only && chosen.length === 1 && !isNote(only) ? only.id : null;
  });
}

export function useNodeInAddress(): void {
  const [wanted, setWanted] = useInAddress("node");
  const chosen = useChosen();
  const asked = useRef(wanted);
  const outline = usePanels((state) => state.outline);
  const measured = useCanvasState((state) => state.measured) || outline;

  useEffect(() => {
    const id = asked.current;
    if (!id) return;
    if (!measured) return;
    act.goToNode(id);
    asked.current = null;
  }, [measured]);

  const write = useRef(setWanted);
  useEffect(() => {
    write.current = setWanted;
  });
  useEffect(() => {
    if (asked.current && !chosen) return;
    asked.current = null;
    if (new URLSearchParams(location.search).get("node") !== chosen) write.current(chosen);
    if (chosen) {
      panels({ side: "node" });
      return;
    }
    panels((state) => (state.side === "node" ? { side: null } : {}));
  }, [chosen]);
}
