// Says politely, for those who do not see the canvas, how the run stands.
import { useRunning } from "@/model/run/running";
import { wordFor } from "./node-status";

export function LiveRegion() {
  const sentence = useRunning(({ run }) => {
    if (!run) return "";
    if (run.status === "succeeded") return "The run has finished.";
    if (run.status === "failed") return `The run failed: ${run.error?.message ?? "no reason given"}`;
    if (run.status === "cancelled") return "The run was stopped.";
    const now = Object.values(run.nodes).filter((node) => node.status === "running" || node.status === "failed");
    return now.map((node) => `${node.label}: ${wordFor(node.status)}.`).join(" ");
  });
  return (
    <p role="status" aria-live="polite" className="sr-only" data-testid="run-status">
      {sentence}
    </p>
  );
}
