// What keeps the stack from running: a count over the canvas, and a list that jumps to each.
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ProblemOut } from "@/api";
import { act } from "@/features/canvas";
import { select } from "@/model/graph/edits";
import { touch, useStack } from "@/model/graph/store";
import { classes } from "@/ui/classes";
import { Empty } from "@/ui/empty";
import { panels, usePanels } from "./panels";

export function ProblemPill() {
  const count = useStack((state) => (state.pastRun || !state.graph.nodes.length ? 0 : state.problems.length));
  const open = usePanels((state) => state.side === "problems" || state.outline);
  if (!count || open) return null;
  return (
    <button
      type="button"
      onClick={() => panels({ side: "problems" })}
      className="absolute top-3 left-1/2 z-10 flex h-8 -translate-x-1/2 items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm font-medium shadow-float hover:bg-hover"
    >
      <TriangleAlert className="size-4 text-warn" aria-hidden />
      {count === 1 ? "1 problem" : `${count} problems`}
    </button>
  );
}

function jump(problem: ProblemOut): void {
  if (problem.node_id) {
    act.goToNode(problem.node_id);
    panels({ side: "node", tab: "settings", focus: problem.field ?? null });
    return;
  }
  const edge = useStack.getState().graph.edges.find((one) => one.id === problem.edge_id);
  if (!edge) return;
  touch((graph) => select(graph, new Set([edge.id])));
  act.reveal([edge.source, edge.target]);
}

export function ProblemList() {
  const problems = useStack((state) => state.problems);
  if (!problems.length) {
    return (
      <Empty icon={CircleCheck} title="No problems">
        This stack is ready to run.
      </Empty>
    );
  }
  return (
    <ul className="flex min-h-0 flex-1 flex-col gap-1 overflow-y-auto p-2">
      {problems.map((problem) => (
        <li key={`${problem.code}.${problem.node_id}.${problem.edge_id}.${problem.field}.${problem.message}`}>
          <button
            type="button"
            disabled={!problem.node_id && !problem.edge_id}
            onClick={() => jump(problem)}
            className="flex w-full gap-2.5 rounded-lg px-2.5 py-2 text-left text-sm enabled:hover:bg-hover"
          >
            <TriangleAlert
              className={classes("mt-0.5 size-4 shrink-0", problem.severity === "error" ? "text-bad" : "text-warn")}
              aria-hidden
            />
            <span>
              <span className="sr-only">{problem.severity === "error" ? "Error: " : "Warning: "}</span>
              {problem.message}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
