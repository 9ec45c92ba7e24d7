// What is particular about a node's settings, in a few words, for its card.
import type { NodeTypeOut } from "@/api";
import { type FormField, fieldsOf, inWords, settingOf, shownFields } from "./form";

const MOST = 2;
const IN_SUBTITLE = new Set<string>(["provider", "model"]);
const TOLD_BY_NAME = new Set(["credential", "knowledge_base"]); // an id says nothing to a reader

export function summaryOf(
  type: NodeTypeOut | undefined,
  config: Readonly<Record<string, unknown>>,
  providers: ReadonlyMap<string, string> = new Map(),
) {
  const fields = shownFields(fieldsOf(type), config).filter((field) => !TOLD_BY_NAME.has(field.widget));
  const isSet = (field: FormField) => JSON.stringify(settingOf(field, config)) !== JSON.stringify(field.default);
  const others = fields.filter((field) => !IN_SUBTITLE.has(field.widget) && isSet(field));
  return others
    .map((field) => ({ title: field.title, value: shown(settingOf(field, config), field, providers) }))
    .filter((line) => line.value)
    .slice(0, MOST);
}

/** The model and its provider where a node asks one; otherwise what the node is. */
export function subtitleOf(
  type: NodeTypeOut,
  config: Readonly<Record<string, unknown>>,
  label: string,
  providers: ReadonlyMap<string, string> = new Map(),
): string {
  const asked = shownFields(fieldsOf(type), config)
    .filter((field) => IN_SUBTITLE.has(field.widget))
    .sort((one, other) => Number(other.widget === "model") - Number(one.widget === "model"))
    .map((field) => shown(settingOf(field, config), field, providers))
    .filter(Boolean);
  if (asked.length) return asked.join(" · ");
  return label === type.title ? type.description : type.title;
}

function shown(value: unknown, field: FormField, providers: ReadonlyMap<string, string>): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.length === 1 ? String(value[0]) : value.length ? `${value.length}` : "";
  if (typeof value === "boolean") return value ? "On" : "Off";
  if (field.widget === "provider") return providers.get(String(value)) ?? inWords(String(value));
  return field.options.length ? inWords(String(value)) : String(value);
}
