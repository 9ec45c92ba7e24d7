// What every widget is given, and what it hands to the field around it.
import type { FormField } from "@/model/node-types/form";

export type WidgetProps = {
  field: FormField;
  value: unknown;
  set: (value: unknown) => void;
  /** The value of another field, by its name or by its widget. */
  other: (name: string) => unknown;
  required: boolean;
  error: string | undefined;
};

export const outer = ({ field, error, required }: WidgetProps) => ({
  label: field.title,
  help: field.help,
  error,
  required,
});
export const orNull = (field: FormField, text: string): unknown => (text === "" && field.nullable ? null : text);
