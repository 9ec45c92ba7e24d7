// One component for each kind of widget: the closed set that the server draws its forms from.
import { Plus, X } from "lucide-react";
import { type ComponentType, useEffect, useId, useState } from "react";
import { type FormField, inWords, type Widget } from "@/model/node-types/form";
import { Button, IconButton } from "@/ui/button";
import { Field, Input, Select, Switch } from "@/ui/field";
import { Credential, KnowledgeBase, Model, Provider } from "./choosers";
import { LongText } from "./long-text";
import { orNull, outer, type WidgetProps } from "./widget";

function Text(props: WidgetProps) {
  const { field, value, set } = props;
  return (
    <Field {...outer(props)}>
      {(described) => (
        <Input
          {...described}
          value={String(value ?? "")}
          maxLength={field.maxLength}
          onChange={(event) => set(orNull(field, event.target.value))}
        />
      )}
    </Field>
  );
}

function rangeOf({ minimum, maximum }: FormField): string {
  const shown = (bound: number) => bound.toLocaleString("en");
  if (minimum !== undefined && maximum !== undefined) return `${shown(minimum)} to ${shown(maximum)}`;
  if (minimum !== undefined) return `at least ${shown(minimum)}`;
  return maximum === undefined ? "" : `at most ${shown(maximum)}`;
}

function Num(props: WidgetProps) {
  const { field, value, set, error } = props;
  const [text, setText] = useState(() => String(value ?? ""));
  useEffect(() => {
    setText((shown) => (Number(shown) === value && shown !== "" ? shown : String(value ?? "")));
  }, [value]);
  const number = Number(text);
  const whole = field.step !== 1 || Number.isInteger(number);
  const inside = number >= (field.minimum ?? -Infinity) && number <= (field.maximum ?? Infinity);
  const wrong = text === "" ? !field.nullable : !Number.isFinite(number) || !whole || !inside;
  const sentence = wrong
    ? `Enter a ${field.step === 1 ? "whole " : ""}number${rangeOf(field) ? `, ${rangeOf(field)}` : ""}.`
    : error;
  return (
    <Field {...outer(props)} error={sentence} beside={<span className="text-xs text-faint">{rangeOf(field)}</span>}>
      {(described) => (
        <Input
          {...described}
          type="text"
          inputMode="decimal"
          value={text}
          placeholder={field.nullable ? "Not set" : undefined}
          onChange={(event) => {
            const typed = event.target.value.trim();
            setText(typed);
            if (typed === "" && field.nullable) set(null);
            else if (typed !== "" && Number.isFinite(Number(typed))) set(Number(typed));
          }}
          onBlur={() => wrong && setText(String(value ?? ""))}
        />
      )}
    </Field>
  );
}

function Slider(props: WidgetProps) {
  const { field, value, set } = props;
  const [low, high] = [field.minimum ?? 0, field.maximum ?? 1];
  const isSet = typeof value === "number";
  return (
    <Field
      {...outer(props)}
      beside={
        <span className="flex items-center gap-1 text-sm tabular-nums">
          {isSet ? value : <span className="text-muted">Not set</span>}
          {isSet && field.nullable ? (
            <button
              type="button"
              className="rounded px-1 text-xs text-accent-ink hover:underline"
              onClick={() => set(null)}
            >
              Clear
            </button>
          ) : null}
        </span>
      }
    >
      {(described) => (
        <input
          {...described}
          type="range"
          className={isSet ? "h-5 w-full accent-accent" : "h-5 w-full opacity-45 accent-accent"}
          min={low}
          max={high}
          step={field.step ?? (high - low) / 100}
          value={isSet ? value : (low + high) / 2}
          aria-valuetext={isSet ? String(value) : "Not set"}
          onChange={(event) => set(Number(event.target.value))}
        />
      )}
    </Field>
  );
}

function Toggle(props: WidgetProps) {
  const { field, value, set, error } = props;
  const id = useId();
  return (
    <div className="flex items-start justify-between gap-4">
      <div>
        <div id={`${id}-label`} className="text-sm font-medium">
          {field.title}
        </div>
        <p id={`${id}-help`} className={error ? "text-xs text-bad" : "text-xs text-muted"}>
          {error ?? field.help}
        </p>
      </div>
      <Switch on={value === true} onChange={set} aria-labelledby={`${id}-label`} aria-describedby={`${id}-help`} />
    </div>
  );
}

function Choice(props: WidgetProps) {
  const { field, value, set } = props;
  return (
    <Field {...outer(props)}>
      {(described) => (
        <Select {...described} value={String(value ?? "")} onChange={(event) => set(orNull(field, event.target.value))}>
          {field.nullable ? <option value="">Not set</option> : null}
          {field.options.map((option) => (
            <option key={option} value={option}>
              {inWords(option)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function TextList(props: WidgetProps) {
  const { field, value, set } = props;
  const lines = Array.isArray(value) ? value.map(String) : [];
  const full = lines.length >= (field.maxLength ?? Infinity);
  const change = (place: number, text: string) => set(lines.map((line, index) => (index === place ? text : line)));
  return (
    <Field {...outer(props)}>
      {(described) => (
        <div className="flex flex-col gap-2">
          {lines.map((line, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its place
            <div key={place} className="flex gap-1">
              <Input
                {...(place === 0 ? described : {})}
                aria-label={`${field.title} ${place + 1}`}
                value={line}
                onChange={(event) => change(place, event.target.value)}
              />
              <IconButton label="Remove" onClick={() => set(lines.filter((_, index) => index !== place))}>
                <X />
              </IconButton>
            </div>
          ))}
          <Button
            {...(lines.length ? {} : { id: described.id })}
            disabled={full}
            className="self-start"
            onClick={() => set([...lines, ""])}
          >
            <Plus aria-hidden />
            Add
          </Button>
        </div>
      )}
    </Field>
  );
}

export const WIDGETS: Readonly<Record<Widget, ComponentType<WidgetProps>>> = {
  text: Text,
  textarea: LongText,
  number: Num,
  slider: Slider,
  switch: Toggle,
  select: Choice,
  text_list: TextList,
  provider: Provider,
  model: Model,
  credential: Credential,
  knowledge_base: KnowledgeBase,
};
