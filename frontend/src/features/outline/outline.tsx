// The stack as an editable table, in the order in which it runs: the same thing without a canvas.
import { Plus, Settings2, Trash2, TriangleAlert } from "lucide-react";
import type { PortOut } from "@/api";
import { connect, remove, rename, write } from "@/model/graph/edits";
import { type End, edgesOf, fitting, labelOf, nodeOf, topological } from "@/model/graph/rules";
import { isNote, type StackNode } from "@/model/graph/shape";
import { edit, shownGraph, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { titlesOf } from "@/model/node-types/node-types";
import { problemsOf, shortMessage } from "@/model/stack/problems";
import { Button, IconButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Input, Select, TextArea } from "@/ui/field";
import { hue } from "@/ui/hue";
import { Icon } from "@/ui/icon";

type OutlineProps = { onOpen: (node: string) => void; onAdd: () => void; onConnect: (from: End) => void };

export function Outline({ onOpen, onAdd, onConnect }: OutlineProps) {
  const graph = useStack(shownGraph);
  const still = useStack((state) => state.pastRun !== null || state.locked);
  const nodes = topological(graph).filter((node) => !isNote(node));
  const notes = graph.nodes.filter(isNote);
  return (
    <div className="absolute inset-0 overflow-y-auto p-4 pb-20 sm:p-6">
      <fieldset disabled={still} className="mx-auto flex max-w-4xl flex-col gap-4">
        <legend className="sr-only">Outline of the stack</legend>
        {nodes.length ? (
          <table className="w-full border-separate border-spacing-0 max-md:block">
            <caption className="sr-only">The stack in the order in which it runs</caption>
            <thead className="max-md:hidden">
              <tr className="text-left text-sm text-muted [&_th]:px-3 [&_th]:pb-2 [&_th]:font-medium">
                <th scope="col">Component</th>
                <th scope="col">Inputs</th>
                <th scope="col">Problems</th>
                <th scope="col">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody className="max-md:flex max-md:flex-col max-md:gap-3">
              {nodes.map((node) => (
                <Row key={node.id} node={node} onOpen={onOpen} onConnect={onConnect} />
              ))}
            </tbody>
          </table>
        ) : (
          <Empty icon={Plus} title="This stack is empty">
            Add a component to get started. A stack starts with a User Query and ends with an Output.
          </Empty>
        )}
        {notes.map((note) => (
          <TextArea
            key={note.id}
            aria-label="Note"
            className="bg-note"
            value={String(note.data["text"] ?? "")}
            onChange={(event) => edit((before) => write(before, note.id, event.target.value), `${note.id}.text`)}
          />
        ))}
        <Button size="medium" className="self-center" onClick={onAdd}>
          <Plus aria-hidden />
          Add a component
        </Button>
      </fieldset>
    </div>
  );
}

type RowProps = { node: StackNode; onOpen: (node: string) => void; onConnect: (from: End) => void };

function Row({ node, onOpen, onConnect }: RowProps) {
  const catalog = useCatalog();
  const type = catalog.types.get(node.type ?? "");
  const problems = useStack((state) => problemsOf(state.problems, node.id));
  const { color, soft } = hue(catalog.categories.find((one) => one.name === type?.category)?.place ?? -1);
  const label = labelOf(node, catalog);
  return (
    <tr className="max-md:flex max-md:flex-col max-md:rounded-xl max-md:border max-md:bg-surface max-md:p-1 md:[&>td]:border-t md:[&>td]:border-line md:[&>td]:bg-surface [&>td]:px-3 [&>td]:py-2.5 [&>td]:align-top">
      <td>
        <div className="flex items-center gap-2.5">
          <span className="grid size-8 shrink-0 place-items-center rounded-lg" style={{ background: soft, color }}>
            <Icon name={type?.icon} className="size-4" />
          </span>
          <div className="min-w-0 flex-1">
            <Input
              aria-label={`Name of ${label}`}
              className="h-8 font-medium"
              value={node.data.label ?? ""}
              placeholder={type?.title}
              onChange={(event) => edit((graph) => rename(graph, node.id, event.target.value), `${node.id}.label`)}
            />
            <div className="mt-0.5 text-xs text-muted">{type?.title ?? node.type}</div>
          </div>
        </div>
      </td>
      <td>
        <div className="flex flex-col gap-2">
          {type?.inputs.map((port) => (
            <InputRow key={port.name} node={node} port={port} onConnect={onConnect} />
          ))}
          {type?.inputs.length ? null : (
            <span className="text-sm text-muted">{type ? "The user’s question" : "—"}</span>
          )}
        </div>
      </td>
      <td>
        {problems.length ? (
          <ul className="flex flex-col gap-1 text-sm text-warn">
            {problems.map((problem) => (
              <li key={problem.message} className="flex gap-1.5">
                <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
                {shortMessage(problem)}
              </li>
            ))}
          </ul>
        ) : (
          <span className="text-sm text-muted max-md:hidden">None</span>
        )}
      </td>
      <td>
        <div className="flex md:justify-end">
          <IconButton label={`Settings of ${label}`} onClick={() => onOpen(node.id)}>
            <Settings2 />
          </IconButton>
          <IconButton label={`Delete ${label}`} onClick={() => edit((graph) => remove(graph, new Set([node.id])))}>
            <Trash2 />
          </IconButton>
        </div>
      </td>
    </tr>
  );
}

function InputRow({ node, port, onConnect }: { node: StackNode; port: PortOut; onConnect: (from: End) => void }) {
  const catalog = useCatalog();
  const graph = useStack((state) => state.graph);
  const end: End = { node: node.id, port: port.name, side: "input" };
  const edges = edgesOf(graph, end);
  const name = (id: string) => {
    const found = nodeOf(graph, id);
    return found ? labelOf(found, catalog) : id;
  };
  const label = `${port.title} of ${labelOf(node, catalog)}, ${titlesOf(port, catalog)}`;
  if (port.multiple) {
    return (
      <div className="flex flex-wrap items-center gap-1.5 text-sm">
        <span className="text-muted">{port.title}:</span>
        {edges.map((edge) => (
          <span key={edge.id}>{name(edge.source)}</span>
        ))}
        <Button variant="quiet" aria-label={`Connect ${label}`} onClick={() => onConnect(end)}>
          <Plus aria-hidden />
          Connect
        </Button>
      </div>
    );
  }
  const [edge] = edges;
  const sources = fitting({ ...graph, edges: graph.edges.filter((one) => one !== edge) }, catalog, end);
  const value = edge ? `${edge.source}\n${edge.sourceHandle}` : "";
  return (
    <div className="flex items-center gap-2 text-sm">
      <span className="w-16 shrink-0 truncate text-muted">{port.title}</span>
      <Select
        aria-label={label}
        className="h-8 text-sm"
        value={value}
        onChange={(event) => {
          const [source = "", sourceHandle = ""] = event.target.value.split("\n");
          edit((before) => {
            const opened = edge ? remove(before, new Set([edge.id])) : before;
            if (!source) return opened;
            return connect(opened, catalog, { source, sourceHandle, target: node.id, targetHandle: port.name });
          });
        }}
      >
        <option value="">Nothing</option>
        {sources.map((source) => (
          <option key={`${source.node}.${source.port}`} value={`${source.node}\n${source.port}`}>
            {name(source.node)}: {source.title}
          </option>
        ))}
      </Select>
    </div>
  );
}
