// The server's problems, by node, by field, by edge.
import type { ProblemOut } from "@/api";

export type Problem = ProblemOut;
const NONE: ReadonlyArray<Problem> = [];
const known = new WeakMap<ReadonlyArray<Problem>, Map<string, Problem[]>>();

/** The same list for the same problems, so that a component that shows it is not drawn anew. */
export function problemsOf(problems: ReadonlyArray<Problem>, nodeId: string): ReadonlyArray<Problem> {
  let byNode = known.get(problems);
  if (!byNode) {
    byNode = Map.groupBy(problems, (problem) => problem.node_id ?? "");
    known.set(problems, byNode);
  }
  return byNode.get(nodeId) ?? NONE;
}

/** The message without the node's name, for where the name stands already. */
export function shortMessage({ message }: Pick<Problem, "message">): string {
  const short = message.replace(/^“[^”]*”:? /, "");
  return short.charAt(0).toUpperCase() + short.slice(1);
}

export function worst(problems: ReadonlyArray<Problem>): "error" | "warning" | null {
  if (!problems.length) return null;
  return problems.some((problem) => problem.severity === "error") ? "error" : "warning";
}
