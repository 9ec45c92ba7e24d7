// The settings of one node: its form, drawn from the JSON Schema of its config.
import { Trash2 } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { NodeTypeOut } from "@/api";
import { configure, rename } from "@/model/graph/edits";
import { configOf, type StackNode } from "@/model/graph/shape";
import { edit, useStack } from "@/model/graph/store";
import { useCatalog } from "@/model/node-types/catalog";
import { type FormField, fieldsOf, isRequired, settingOf, shownFields, type Widget } from "@/model/node-types/form";
import { rememberModel } from "@/model/node-types/last-model";
import { titlesOf } from "@/model/node-types/node-types";
import { type Problem, problemsOf, shortMessage } from "@/model/stack/problems";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { WIDGETS } from "./widgets";

/** What other parts of the page put under a field of a kind: the documents of a stack under its knowledge base. */
export type Slots = Partial<Record<Widget, (value: unknown, node: StackNode) => ReactNode>>;

type ConfigPanelProps = {
  node: StackNode;
  slots?: Slots;
  /** The field that takes the focus when it is shown. */
  focus?: string | null;
  onDelete: () => void;
};

export function ConfigPanel({ node, slots = {}, focus = null, onDelete }: ConfigPanelProps) {
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
          focused={focus === field.name}
        />
      ))}
      <Ports type={type} />
      <div className="mt-auto border-t border-line pt-4">
        <Button variant="quiet" className="-ml-2 text-bad hover:text-bad" onClick={onDelete}>
          <Trash2 aria-hidden />
          Delete node
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
  focused: boolean;
};

function One({ field, fields, node, config, problem, slot, focused }: OneProps) {
  const Drawn = WIDGETS[field.widget] ?? WIDGETS.text;
  const set = (value: unknown) => {
    // What the new value hides would still be sent, and could not be seen: it goes.
    const next = { ...config, [field.name]: value };
    rememberModel(fields, next);
    const hidden = fields.filter((one) => !shownFields(fields, next).includes(one) && config[one.name] != null);
    edit(
      (graph) =>
        hidden.reduce(
          (changed, one) => configure(changed, node.id, one.name, one.default),
          configure(graph, node.id, field.name, value),
        ),
      `${node.id}.${field.name}`,
    );
  };
  const other = (name: string) => {
    const found = fields.find((one) => one.name === name || one.widget === name);
    return found ? settingOf(found, config) : undefined;
  };
  const value = settingOf(field, config);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focused) focusFirst(box.current);
  }, [focused]);
  return (
    <div ref={box} data-field={field.name} className="flex flex-col gap-3">
      <Drawn
        field={field}
        value={value}
        set={set}
        other={other}
        required={isRequired(field, fields, config)}
        error={problem ? shortMessage(problem) : undefined}
      />
      {slot?.(value, node)}
    </div>
  );
}

/** The first control in a field. */
function focusFirst(field: HTMLElement | null): void {
  const [control] = field ? [...field.getElementsByTagName("*")].filter((one) => CONTROLS.has(one.tagName)) : [];
  if (control instanceof HTMLElement) control.focus();
}

const CONTROLS = new Set(["INPUT", "SELECT", "TEXTAREA", "BUTTON"]);

function Unknown({ name }: { name: string }) {
  return (
    <p className="text-sm text-warn">
      This server does not have the component type “{name}”. Delete this node, or install the component.
    </p>
  );
}

function Ports({ type }: { type: NodeTypeOut | undefined }) {
  const catalog = useCatalog();
  if (!type) return null;
  const list = [
    ...type.inputs.map((port) => ({ ...port, side: "Input" })),
    ...type.outputs.map((port) => ({ ...port, side: "Output" })),
  ];
  if (!list.length) return null;
  return (
    <section aria-label="Ports" className="text-sm">
      <h3 className="mb-1.5 font-medium">Ports</h3>
      <ul className="flex flex-col gap-1 text-muted">
        {list.map((port) => (
          <li key={`${port.side}.${port.name}`}>
            {port.side} <span className="text-ink">{port.title}</span> ({titlesOf(port, catalog)}
            {port.side === "Input" && !port.required ? ", optional" : ""}
            {port.multiple ? ", accepts several connections" : ""})
          </li>
        ))}
      </ul>
    </section>
  );
}
