// The one card that draws every node type: what it is, how it is set, its ports, what is wrong, how it stands.
import type { NodeProps } from "@xyflow/react";
import { TriangleAlert } from "lucide-react";
import { memo, useMemo } from "react";
import type { NodeTypeOut } from "@/api";
import { rename } from "@/model/graph/edits";
import type { StackNode } from "@/model/graph/shape";
import { edit, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { summaryOf } from "@/model/node-types/summary";
import { useNodeRun } from "@/model/run/running";
import { problemsOf, shortMessage, worst } from "@/model/stack/problems";
import { classes } from "@/ui/classes";
import { hue } from "@/ui/hue";
import { Icon } from "@/ui/icon";
import { setCanvasState, useCanvasState, useView } from "./canvas-state";
import { nameId, nameOf } from "./names";
import { NodeStatusLine, wordFor } from "./node-status";
import { FarPorts, PORTS, Port } from "./port";
import { Subtitle } from "./subtitle";

const NO_CONFIG = {};

export const NodeCard = memo(function NodeCard({ id, type: kind, data, selected, height }: NodeProps<StackNode>) {
  const catalog = useCatalog();
  const type = catalog.types.get(kind ?? "");
  const far = useView((view) => view.far);
  const status = useNodeRun(id, (node) => node?.status);
  const trouble = useStack((state) => (state.pastRun ? null : worst(problemsOf(state.problems, id))));
  const label = data.label || type?.title || id;
  const category = catalog.categories.find((one) => one.name === type?.category)?.place ?? -1;
  const { color, soft } = hue(category);
  const card = {
    className: classes("card", far && "card-far", selected && "card-selected"),
    "data-status": status,
    "data-trouble": trouble ?? undefined,
    "data-testid": `node-${id}`,
  };
  const name = (
    <span id={nameId(id)} hidden>
      {nameOf(label, status ? wordFor(status) : null, type)}
    </span>
  );
  if (far) {
    return (
      <div {...card} style={height ? { height } : undefined}>
        {name}
        <div className="m-3 h-9 rounded-lg" style={{ background: soft }} title={label} />
        <FarPorts node={id} type={type} />
      </div>
    );
  }
  return (
    <div {...card}>
      {name}
      <div className="flex items-center gap-2.5 px-3 pt-3 pb-2">
        <span className="grid size-8 shrink-0 place-items-center rounded-lg" style={{ background: soft, color }}>
          <Icon name={type?.icon} className="size-4" />
        </span>
        <div className="min-w-0 flex-1">
          <Label id={id} label={label} />
          <div className="truncate text-xs text-muted">
            {type ? (
              <Subtitle type={type} config={data.config ?? NO_CONFIG} label={label} />
            ) : (
              `Unknown component “${kind}”`
            )}
          </div>
        </div>
      </div>
      <Summary type={type} config={data.config ?? NO_CONFIG} />
      <Ports id={id} type={type} selected={selected} />
      <Trouble id={id} />
      <NodeStatusLine id={id} />
    </div>
  );
});

function Label({ id, label }: { id: string; label: string }) {
  const naming = useCanvasState((state) => state.naming === id);
  if (!naming) {
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: F2 does the same
      <div
        className="truncate text-[1rem] leading-5 font-semibold"
        onDoubleClick={() => setCanvasState({ naming: id })}
        title={label}
      >
        {label}
      </div>
    );
  }
  const done = () => setCanvasState({ naming: null });
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person asked to rename
      autoFocus
      aria-label="Name"
      className="nodrag -mx-1 w-full rounded bg-sunken px-1 font-semibold outline-accent"
      defaultValue={label}
      maxLength={500}
      onFocus={(event) => event.target.select()}
      onChange={(event) => edit((graph) => rename(graph, id, event.target.value), `${id}.label`)}
      onBlur={done}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter" || event.key === "Escape") done();
      }}
    />
  );
}

function Summary({ type, config }: { type: NodeTypeOut | undefined; config: Record<string, unknown> }) {
  const { providers } = useCatalog();
  const lines = useMemo(() => summaryOf(type, config, providers), [type, config, providers]);
  if (!lines.length) return null;
  return (
    <dl className="px-3 pb-1.5 text-xs">
      {lines.map(({ title, value }) => (
        <div key={title} className="flex gap-2 leading-5">
          <dt className="shrink-0 text-muted">{title}</dt>
          <dd className="min-w-0 flex-1 truncate text-right">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type PortsProps = { id: string; type: NodeTypeOut | undefined; selected: boolean };

function Ports({ id, type, selected }: PortsProps) {
  const edges = useStack((state) => connectedPorts(state.pastRun?.edges ?? state.graph.edges, id));
  const connected = new Set(edges.split("\n"));
  return (
    <div className={PORTS}>
      {(["input", "output"] as const).map((side) => (
        <div key={side}>
          {(side === "input" ? type?.inputs : type?.outputs)?.map((port) => (
            <Port
              key={port.name}
              node={id}
              port={port}
              side={side}
              reachable={selected}
              connected={connected.has(`${side}.${port.name}`)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

type Ended = { source: string; target: string; sourceHandle?: string | null; targetHandle?: string | null };
const known = new WeakMap<ReadonlyArray<Ended>, Map<string, string[]>>();

/** The ports of a node that have an edge, as one text, so that a card is drawn anew only when it changes. */
function connectedPorts(edges: ReadonlyArray<Ended>, id: string): string {
  let byNode = known.get(edges);
  if (!byNode) {
    byNode = new Map();
    for (const edge of edges) {
      byNode.set(edge.source, [...(byNode.get(edge.source) ?? []), `output.${edge.sourceHandle}`]);
      byNode.set(edge.target, [...(byNode.get(edge.target) ?? []), `input.${edge.targetHandle}`]);
    }
    known.set(edges, byNode);
  }
  return (byNode.get(id) ?? []).join("\n");
}

function Trouble({ id }: { id: string }) {
  const problems = useStack((state) => problemsOf(state.problems, id));
  const pastRun = useStack((state) => state.pastRun !== null);
  const [first] = problems;
  if (!first || pastRun) return null;
  const error = worst(problems) === "error";
  return (
    <div
      className={classes(
        "mx-2 mb-2 flex gap-1.5 rounded-md px-2 py-1 text-xs leading-4",
        error ? "bg-warn-soft text-warn" : "bg-sunken text-muted",
      )}
      title={problems.map((problem) => problem.message).join("\n")}
    >
      <TriangleAlert className="mt-0.5 size-3 shrink-0" aria-hidden />
      <span className="line-clamp-2">
        {shortMessage(first)}
        {problems.length > 1 ? ` (+${problems.length - 1})` : ""}
      </span>
    </div>
  );
}
