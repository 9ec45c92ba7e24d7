// A node's form, read from the JSON Schema of its config.
import type { NodeTypeOut } from "@/api";

export type Widget =
  | "text"
  | "textarea"
  | "number"
  | "slider"
  | "switch"
  | "select"
  | "text_list"
  | "provider"
  | "model"
  | "credential"
  | "knowledge_base";

export type FormField = {
  name: string;
  title: string;
  help: string;
  widget: Widget;
  default: unknown;
  requiredIf?: Condition;
  /** Null stands for “not set”. */
  nullable: boolean;
  options: ReadonlyArray<string>;
  minimum?: number;
  maximum?: number;
  step?: number;
  maxLength?: number;
  shownIf?: Condition;
};

/** Holds while each of these fields has one of its values. */
type Condition = Readonly<Record<string, ReadonlyArray<unknown>>>;

type Schema = Record<string, unknown> & { anyOf?: Schema[]; properties?: Record<string, Schema> };
const BY_TYPE: Record<string, Widget> = {
  string: "text",
  integer: "number",
  number: "number",
  boolean: "switch",
  array: "text_list",
};

const read = new WeakMap<object, ReadonlyArray<FormField>>();

export function fieldsOf(type: Pick<NodeTypeOut, "config_schema"> | undefined): ReadonlyArray<FormField> {
  if (!type) return [];
  const schema = type.config_schema as Schema;
  let fields = read.get(schema);
  if (!fields) {
    fields = Object.entries(schema.properties ?? {}).map(([name, field]) => fieldOf(name, field));
    read.set(schema, fields);
  }
  return fields;
}

function fieldOf(name: string, field: Schema): FormField {
  const nullable = field.anyOf?.some((one) => one["type"] === "null") ?? false;
  const told: Schema = { ...field.anyOf?.find((one) => one["type"] !== "null"), ...field };
  const number = (...keys: string[]) => keys.map((key) => told[key]).find((value) => typeof value === "number");
  const [minimum, maximum] = [number("minimum", "exclusiveMinimum"), number("maximum", "exclusiveMaximum")];
  const step = told["type"] === "integer" ? 1 : number("multipleOf");
  const maxLength = number("maxLength", "maxItems");
  return {
    name,
    title: String(told["title"] ?? name),
    help: String(told["description"] ?? ""),
    widget: (told["widget"] as Widget | undefined) ?? BY_TYPE[String(told["type"])] ?? "text",
    default: told["default"],
    nullable,
    options: (told["enum"] as string[] | undefined) ?? [],
    ...(minimum === undefined ? {} : { minimum: minimum as number }),
    ...(maximum === undefined ? {} : { maximum: maximum as number }),
    ...(step === undefined ? {} : { step: step as number }),
    ...(maxLength === undefined ? {} : { maxLength: maxLength as number }),
    ...(told["shown_if"] ? { shownIf: told["shown_if"] as Condition } : {}),
    ...(told["required_if"] ? { requiredIf: told["required_if"] as Condition } : {}),
  };
}

export function settingOf(field: FormField, config: Readonly<Record<string, unknown>>): unknown {
  return config[field.name] === undefined ? field.default : config[field.name];
}

/** The fields that the values of others let be seen. */
export function shownFields(fields: ReadonlyArray<FormField>, config: Readonly<Record<string, unknown>>): FormField[] {
  return fields.filter((field) => holds(field.shownIf ?? {}, fields, config));
}

/** Whether a node cannot run without this field. */
export function isRequired(
  field: FormField,
  fields: ReadonlyArray<FormField>,
  config: Readonly<Record<string, unknown>>,
): boolean {
  return field.requiredIf !== undefined && holds(field.requiredIf, fields, config);
}

function holds(
  condition: Condition,
  fields: ReadonlyArray<FormField>,
  config: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(condition).every(([name, values]) => {
    const other = fields.find((one) => one.name === name);
    return values.includes(other ? settingOf(other, config) : config[name]);
  });
}

/** `openai_compatible` reads “Openai compatible”, where nobody has told a better title. */
export function inWords(option: string): string {
  return option.charAt(0).toUpperCase() + option.slice(1).replaceAll("_", " ");
}
