// `?node=llm-1` selects that node, and selecting one writes it there.
import { useEffect, useRef } from "react";
import { act } from "@/features/canvas";
import { isNote } from "@/model/graph/shape";
import { useStack } from "@/model/graph/store";
import { panels, useInAddress } from "./panels";

/** The one node that is selected. */
export function useChosen(): string | null {
  return useStack((state) => {
    const chosen = (state.frozen ?? state.graph).nodes.filter((node) => node.selected);
    const [only] = chosen;
    return only && chosen.length === 1 && !isNote(only) ? only.id : null;
  });
}

export function useNodeInAddress(): void {
  const [wanted, setWanted] = useInAddress("node");
  const chosen = useChosen();
  const asked = useRef(wanted);

  useEffect(() => {
    const id = asked.current;
    if (!id) return;
    const timer = setTimeout(() => {
      act.goToNode(id);
      asked.current = null;
    }, 150); // once the canvas has measured its nodes
    return () => clearTimeout(timer);
  }, []);

  const write = useRef(setWanted);
  useEffect(() => {
    write.current = setWanted;
  });
  useEffect(() => {
    if (asked.current && !chosen) return;
    asked.current = null;
    if (new URLSearchParams(location.search).get("node") !== chosen) write.current(chosen);
    if (chosen) panels({ side: "node" });
    else panels((state) => (state.side === "node" ? { side: null } : {}));
  }, [chosen]);
}
