// What may be added, as a list that is searched by typing: anywhere, between two nodes, or at the free end of an edge.
import { Cable, StickyNote, Unplug } from "lucide-react";
import { useMemo } from "react";
import type { NodeTypeOut } from "@/api";
import { fitsBetween } from "@/model/graph/edits";
import { edgesOf, firstFit, fitting, labelOf, nodeOf, portOf } from "@/model/graph/rules";
import { useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import type { Catalog } from "@/model/node-types/node-types";
import { keywordsOf, titlesOf } from "@/model/node-types/node-types";
import { Icon } from "@/ui/icon";
import { Palette, type PaletteItem } from "@/ui/palette";
import * as act from "./actions";
import { type Adding, setCanvasState, useCanvasState } from "./canvas-state";

type Graph = ReturnType<typeof act.graphNow>;
const icons = new Map<string, (props: { className?: string }) => React.ReactNode>();

/** A component for each icon's name, always the same one. */
function iconFor(name: string) {
  const found = icons.get(name) ?? (({ className }) => <Icon name={name} {...(className ? { className } : {})} />);
  icons.set(name, found);
  return found;
}

function typeItem(type: NodeTypeOut, group: string, run: () => void): PaletteItem {
  return {
    id: `type.${type.type}`,
    label: type.title,
    detail: type.description,
    group,
    icon: iconFor(type.icon),
    run,
  };
}

function itemsFor(adding: Adding, graph: Graph, catalog: Catalog): { title: string; items: PaletteItem[] } {
  const all = [...catalog.types.values()];
  if (adding.kind === "node") {
    const note: PaletteItem = {
      id: "note",
      label: "Note",
      detail: "A sticky note, written in Markdown.",
      group: "Notes",
      icon: StickyNote,
      run: () => act.addNote(adding.at),
    };
    const items = all.map((type) => ({
      ...typeItem(type, type.category, () => act.add(type, adding.at)),
      keywords: keywordsOf(type),
    }));
    return { title: "Add a component", items: [...items, note] };
  }
  if (adding.kind === "between") {
    const edge = graph.edges.find((one) => one.id === adding.edge);
    const fits = edge ? all.filter((type) => fitsBetween(graph, catalog, edge, type)) : [];
    return {
      title: "Insert between",
      items: fits.map((type) => typeItem(type, "Components that fit", () => act.addBetween(type, adding.edge))),
    };
  }
  const { from, at } = adding;
  const port = portOf(graph, catalog, from);
  const node = nodeOf(graph, from.node);
  if (!(port && node)) return { title: "Connect", items: [] };
  const side = from.side === "output" ? "inputs" : "outputs";
  const added = all
    .filter((type) => firstFit(type[side], port, from.side))
    .map((type) => typeItem(type, "Add and connect", () => act.addWired(type, from, at)));
  const title = `Connect ${labelOf(node, catalog)}: ${port.title} (${titlesOf(port, catalog)})`;
  if (!adding.ports) return { title, items: added };
  const present = fitting(graph, catalog, from).map((end): PaletteItem => {
    const other = nodeOf(graph, end.node);
    return {
      id: `port.${end.node}.${end.port}`,
      label: `${other ? labelOf(other, catalog) : end.node}: ${end.title}`,
      group: "Connect to",
      icon: Cable,
      run: () => act.join(from, end),
    };
  });
  const connected = edgesOf(graph, from).length
    ? [{ id: "off", label: "Disconnect", group: "Connected", icon: Unplug, run: () => act.disconnect(from) }]
    : [];
  return { title, items: [...present, ...added, ...connected] };
}

export function AddPalette() {
  const adding = useCanvasState((state) => state.adding);
  return adding ? <Open adding={adding} /> : null;
}

function Open({ adding }: { adding: Adding }) {
  const catalog = useCatalog();
  const graph = useStack((state) => state.graph);
  const { title, items } = useMemo(() => itemsFor(adding, graph, catalog), [adding, graph, catalog]);
  const nothing = adding.kind === "node" ? "No component matches." : "Nothing can be connected here.";
  return (
    <Palette
      title={title}
      placeholder={adding.kind === "node" ? "Add a component…" : `${title}…`}
      items={items}
      nothing={nothing}
      onClose={() => setCanvasState({ adding: null })}
    />
  );
}
