// One port: a handle whose colour and shape tell its type, and its name, which is a button for the keyboard.
import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import type { NodeTypeOut, PortOut } from "@/api";
import type { Side } from "@/model/graph/rules";
import { useCatalog } from "@/model/node-types/catalog";
import { placeOf, titlesOf } from "@/model/node-types/node-types";
import { classes } from "@/ui/classes";
import { hue } from "@/ui/hue";
import { fitOf, setCanvasState, useCanvasState } from "./canvas-state";

const SHAPES = ["round", "diamond", "square", "drop"] as const;

type PortProps = { node: string; port: PortOut; side: Side; reachable: boolean; connected: boolean };

export const Port = memo(function Port({ node, port, side, reachable, connected }: PortProps) {
  const catalog = useCatalog();
  const fit = useCanvasState((state) => fitOf(state, { node, port: port.name, side }));
  const place = placeOf(port, catalog);
  const { color, soft } = hue(place);
  const title = titlesOf(port, catalog);
  const refused = fit !== null && fit !== "" && fit !== "start";
  const input = side === "input";
  return (
    <div className={classes("relative flex h-6 min-w-0 items-center", input ? "justify-start" : "justify-end")}>
      <Handle
        id={port.name}
        type={input ? "target" : "source"}
        position={input ? Position.Left : Position.Right}
        className={classes("port", refused && "port-refused", fit === "" && "port-fits")}
        data-shape={SHAPES[Math.max(0, place) % SHAPES.length]}
        data-fit={fit ?? undefined}
        style={{ "--port": color, "--port-soft": soft } as React.CSSProperties}
        title={refused ? fit : `${port.title}: ${title}`}
      />
      <button
        type="button"
        tabIndex={reachable ? 0 : -1}
        className={classes(
          "nodrag truncate rounded px-1 text-xs transition-opacity",
          input ? "ml-2" : "mr-2",
          fit === "" ? "font-semibold" : "text-muted hover:text-ink",
          refused && "opacity-55",
        )}
        style={fit === "" ? { color } : undefined}
        aria-label={`${input ? "Input" : "Output"} ${port.title}, ${title}${connected ? ", connected" : ""}: connect`}
        aria-haspopup="dialog"
        onClick={() =>
          setCanvasState({ adding: { kind: "wire", from: { node, port: port.name, side }, at: null, ports: true } })
        }
      >
        {port.title}
        {input && !port.required ? <span className="text-faint"> (optional)</span> : null}
      </button>
    </div>
  );
});

export const PORTS = "grid grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)] gap-x-2 pb-2";

/** From far away: only where the ports are, for the edges. Nothing that listens. */
export const FarPorts = memo(function FarPorts({ node, type }: { node: string; type: NodeTypeOut | undefined }) {
  return (
    <div className={PORTS}>
      {(["input", "output"] as const).map((side) => (
        <div key={side}>
          {(side === "input" ? type?.inputs : type?.outputs)?.map(({ name }) => (
            <div key={name} className="relative h-6">
              <div
                className={classes("react-flow__handle port", side === "input" ? LEFT : RIGHT)}
                data-nodeid={node}
                data-handleid={name}
                data-handlepos={side === "input" ? Position.Left : Position.Right}
              />
            </div>
          ))}
        </div>
      ))}
    </div>
  );
});

const LEFT = "react-flow__handle-left target";
const RIGHT = "react-flow__handle-right source";
