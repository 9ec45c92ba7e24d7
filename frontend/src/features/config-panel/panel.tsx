// The settings of one node: its form, drawn from the JSON Schema of its config.
import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { NodeTypeOut } from "@/api";
import { configure, rename } from "@/model/graph/edits";
import { configOf, type StackNode } from "@/model/graph/shape";
import { edit, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { type FormField, fieldsOf, settingOf, shownFields, type Widget } from "@/model/node-types/form";
import { type Problem, problemsOf, shortMessage } from "@/model/stack/problems";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { WIDGETS } from "./widgets";

/** What other parts of the page put under a field of a kind: the documents of a stack under its knowledge base. */
export type Slots = Partial<Record<Widget, (value: unknown, node: StackNode) => ReactNode>>;

type ConfigPanelProps = { node: StackNode; slots?: Slots; onDelete: () => void };

export function ConfigPanel({ node, slots = {}, onDelete }: ConfigPanelProps) {
  const catalog = useCatalog();
  const type = catalog.types.get(node.type ?? "");
  const problems = useStack((state) => problemsOf(state.problems, node.id));
  const still = useStack((state) => state.pastRun !== null || state.locked);
  const fields = fieldsOf(type);
  const config = configOf(node);
  const shown = shownFields(fields, config);
  const others = problems.filter((problem) => !shown.some((field) => field.name === problem.field));
  return (
    <fieldset disabled={still} className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
      <legend className="sr-only">Settings of {node.data.label}</legend>
      {type ? <p className="text-sm text-muted">{type.description}</p> : <Unknown name={node.type ?? ""} />}
      {others.length ? (
        <ul className="flex flex-col gap-1 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
          {others.map((problem) => (
            <li key={problem.message}>{shortMessage(problem)}</li>
          ))}
        </ul>
      ) : null}
      <Field label="Name">
        {(described) => (
          <Input
            {...described}
            value={node.data.label ?? ""}
            placeholder={type?.title}
            maxLength={500}
            onChange={(event) => edit((graph) => rename(graph, node.id, event.target.value), `${node.id}.label`)}
          />
        )}
      </Field>
      {shown.map((field) => (
        <One
          key={field.name}
          field={field}
          node={node}
          config={config}
          fields={fields}
          problem={problems.find((one) => one.field === field.name)}
          slot={slots[field.widget]}
        />
      ))}
      <Ports type={type} />
      <div className="mt-auto border-t border-line pt-4">
        <Button variant="quiet" className="-ml-2 text-bad hover:text-bad" onClick={onDelete}>
          <Trash2 aria-hidden />
          Delete this node
        </Button>
      </div>
    </fieldset>
  );
}

type OneProps = {
  field: FormField;
  fields: ReadonlyArray<FormField>;
  node: StackNode;
  config: Readonly<Record<string, unknown>>;
  problem: Problem | undefined;
  slot: Slots[Widget] | undefined;
};

function One({ field, fields, node, config, problem, slot }: OneProps) {
  const Drawn = WIDGETS[field.widget] ?? WIDGETS.text;
  const set = (value: unknown) =>
    edit((graph) => configure(graph, node.id, field.name, value), `${node.id}.${field.name}`);
  const other = (name: string) => {
    const found = fields.find((one) => one.name === name || one.widget === name);
    return found ? settingOf(found, config) : undefined;
  };
  const value = settingOf(field, config);
  return (
    <div data-field={field.name} className="flex flex-col gap-3">
      <Drawn field={field} value={value} set={set} other={other} error={problem ? shortMessage(problem) : undefined} />
      {slot?.(value, node)}
    </div>
  );
}

function Unknown({ name }: { name: string }) {
  return <p className="text-sm text-warn">This server has no component of the type “{name}”. Remove the node.</p>;
}

function Ports({ type }: { type: NodeTypeOut | undefined }) {
  if (!type) return null;
  const list = [
    ...type.inputs.map((port) => ({ ...port, side: "Takes" })),
    ...type.outputs.map((port) => ({ ...port, side: "Gives" })),
  ];
  if (!list.length) return null;
  return (
    <section aria-label="Ports" className="text-sm">
      <h3 className="mb-1.5 font-medium">Ports</h3>
      <ul className="flex flex-col gap-1 text-muted">
        {list.map((port) => (
          <li key={`${port.side}.${port.name}`}>
            {port.side} <span className="text-ink">{port.title}</span>: {port.types.join(" or ")}
            {port.side === "Takes" && !port.required ? ", optional" : ""}
            {port.multiple ? ", several edges" : ""}
          </li>
        ))}
      </ul>
    </section>
  );
}
