// The model that was chosen last in this browser: what a new node that asks a model begins with.
import type { NodeTypeOut } from "@/api";
import { type FormField, fieldsOf, isRequired, settingOf } from "./form";

type Config = Readonly<Record<string, unknown>>;
const KEY = "genai-stack.last-model";
const MODEL_WIDGETS = new Set(["provider", "model", "credential"]);

/** Who answers: the provider with its model, key and address. None where a type asks no model. */
function modelFields(fields: ReadonlyArray<FormField>): ReadonlyArray<FormField> {
  const provider = fields.find((field) => field.widget === "provider");
  if (!(provider && fields.some((field) => field.widget === "model"))) return [];
  return fields.filter((field) => MODEL_WIDGETS.has(field.widget) || provider.name in (field.shownIf ?? {}));
}

/** Once nothing that is required is missing. */
export function rememberModel(fields: ReadonlyArray<FormField>, config: Config): void {
  const chosen = modelFields(fields);
  const missing = chosen.some((field) => isRequired(field, fields, config) && !settingOf(field, config));
  if (!chosen.length || missing) return;
  const values = Object.fromEntries(chosen.map((field) => [field.name, settingOf(field, config)]));
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // A full browser store: the next node begins with the server's default.
  }
}

/** The config of a new node: what differs from the type's own defaults. */
export function startingConfig(type: Pick<NodeTypeOut, "config_schema">): Record<string, unknown> {
  const remembered = read();
  const fields = modelFields(fieldsOf(type)).filter(
    ({ name, default: own }) => name in remembered && remembered[name] !== own,
  );
  return Object.fromEntries(fields.map(({ name }) => [name, remembered[name]]));
}

function read(): Config {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Config) : {};
  } catch {
    return {};
  }
}
