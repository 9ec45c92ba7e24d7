// What is done with whole stacks: made, copied, deleted with a way back, taken out to a file and in again.
import { call, queries, type WorkflowItem, type WorkflowOut } from "@/api";
import { type Config, readConfiguration, writeConfiguration } from "../graph/shape";
import type { Catalog } from "../node-types/node-types";

type Draft = { name: string; description: string; configuration: Record<string, unknown> };

export const BLANK: Draft = { name: "New stack", description: "", configuration: { nodes: [], edges: [] } };

export const make = (draft: Draft): Promise<WorkflowOut> => queries.createWorkflow(draft);

export async function duplicate(stack: Pick<WorkflowItem, "id">): Promise<WorkflowOut> {
  const { name, description, configuration } = await call("GET /workflows/{workflow_id}", {
    path: { workflow_id: stack.id },
  });
  return make({ name: `${name.slice(0, 190)} (copy)`, description, configuration });
}

const leaving = new Map<string, ReturnType<typeof setTimeout>>();
const GRACE = 8_000; // milliseconds in which a deleted stack can be taken back

/** Deletes after a while; until then `takeBack` keeps it. Leaving the page deletes at once. */
export function removeSoon(id: string, onError: (error: unknown) => void): void {
  leaving.set(
    id,
    setTimeout(() => void remove(id).catch(onError), GRACE),
  );
}

export function takeBack(id: string): boolean {
  clearTimeout(leaving.get(id));
  return leaving.delete(id);
}

export const isLeaving = (id: string): boolean => leaving.has(id);

async function remove(id: string, keepalive = false): Promise<void> {
  try {
    await call("DELETE /workflows/{workflow_id}", { path: { workflow_id: id }, keepalive });
  } finally {
    leaving.delete(id);
    void queries.refreshWorkflows();
  }
}

window.addEventListener("pagehide", () => {
  for (const [id, timer] of leaving) {
    clearTimeout(timer);
    void remove(id, true);
  }
});

/** What a file of a stack holds. Keys and shared knowledge are of this server alone, so they stay here. */
export function exported(stack: Draft, catalog: Catalog): string {
  const { nodes, edges, rest } = readConfiguration(stack.configuration);
  const portable = nodes.map((node) => {
    const fields = (catalog.types.get(node.type ?? "")?.config_schema["properties"] ?? {}) as Record<string, Config>;
    const config = Object.entries(node.data.config ?? {}).filter(
      ([name]) => !["credential", "knowledge_base"].includes(String(fields[name]?.["widget"])),
    );
    return { ...node, data: { ...node.data, config: Object.fromEntries(config) } };
  });
  const { name, description } = stack;
  const configuration = writeConfiguration({ nodes: portable, edges }, rest);
  return `${JSON.stringify({ name, description, configuration }, null, 2)}\n`;
}

export function download(stack: Draft, catalog: Catalog): void {
  const address = URL.createObjectURL(new Blob([exported(stack, catalog)], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), {
    href: address,
    download: `${stack.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "stack"}.json`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The stack in a file: one that was exported, or a bare graph. Throws a sentence. */
export function imported(text: string, filename: string): Draft {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Error(`“${filename}” is not JSON. Choose a file that was exported from a stack.`, { cause: error });
  }
  const told = (read ?? {}) as Partial<Draft> & { nodes?: unknown };
  const configuration = Array.isArray(told.nodes) ? (read as Draft["configuration"]) : told.configuration;
  if (!configuration || !Array.isArray(configuration["nodes"])) {
    throw new Error(`“${filename}” holds no stack: there are no nodes in it.`);
  }
  const name = typeof told.name === "string" && told.name.trim() ? told.name : filename.replace(/\.json$/i, "");
  const description = typeof told.description === "string" ? told.description : "";
  return { name: name.slice(0, 200) || "Imported stack", description: description.slice(0, 10_000), configuration };
}
