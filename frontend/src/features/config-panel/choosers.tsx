// Widgets that choose among what the server knows: providers, models, keys, knowledge bases.
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { queries, sentenceOf } from "@/api";
import { inWords } from "@/model/node-types/form";
import { Field, Input, Select } from "@/ui/field";
import { Link } from "@/ui/router";
import { orNull, outer, type WidgetProps } from "./widget";

export function Provider(props: WidgetProps) {
  const { field, value, set } = props;
  const told = useQuery(queries.providers());
  const titles = new Map(told.data?.items.map((provider) => [provider.id, provider.title]));
  const help = told.data?.items.find((provider) => provider.id === value)?.key_help;
  return (
    <Field {...outer(props)} help={help ?? field.help}>
      {(described) => (
        <Select {...described} value={String(value ?? "")} onChange={(event) => set(event.target.value)}>
          {field.options.map((option) => (
            <option key={option} value={option}>
              {titles.get(option) ?? inWords(option)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

export function Model(props: WidgetProps) {
  const { field, value, set, other } = props;
  const list = useId();
  const credential = other("credential");
  const told = useQuery({
    ...queries.models(String(credential)),
    enabled: typeof credential === "string",
  });
  const ends = told.data?.items.find((model) => model.id === value)?.ends_at;
  const help = told.isError
    ? `${field.help} The list of models could not be loaded: ${sentenceOf(told.error)}`
    : ends
      ? `The provider retires this model on ${new Date(ends).toLocaleDateString()}. Choose another one before then.`
      : field.help;
  return (
    <Field {...outer(props)} help={help}>
      {(described) => (
        <>
          <Input
            {...described}
            list={list}
            autoComplete="off"
            spellCheck={false}
            value={String(value ?? "")}
            maxLength={field.maxLength}
            onChange={(event) => set(orNull(field, event.target.value))}
          />
          <datalist id={list}>
            {told.data?.items.map((model) => (
              <option key={model.id} value={model.id}>
                {model.title}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

export function Credential(props: WidgetProps) {
  const { field, value, set, other } = props;
  const provider = other("provider");
  const told = useQuery(queries.credentials());
  const fits = told.data?.items.filter((one) => provider === undefined || one.provider === provider) ?? [];
  const missing = typeof value === "string" && told.data && !told.data.items.some((one) => one.id === value);
  return (
    <Field
      {...outer(props)}
      beside={
        <Link to="/settings/credentials" className="rounded text-xs font-medium text-accent-ink hover:underline">
          Add an API key
        </Link>
      }
    >
      {(described) => (
        <Select {...described} value={String(value ?? "")} onChange={(event) => set(orNull(field, event.target.value))}>
          <option value="">{fits.length ? "No API key" : "No API keys yet"}</option>
          {missing ? <option value={String(value)}>Deleted API key</option> : null}
          {fits.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name} (…{one.last4})
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

export function KnowledgeBase(props: WidgetProps) {
  const { field, value, set } = props;
  const told = useQuery(queries.sharedKnowledgeBases());
  const shared = told.data?.items ?? [];
  const gone = typeof value === "string" && told.data && !shared.some((one) => one.id === value);
  return (
    <Field {...outer(props)}>
      {(described) => (
        <Select {...described} value={String(value ?? "")} onChange={(event) => set(orNull(field, event.target.value))}>
          <option value="">This stack’s documents</option>
          {gone ? <option value={String(value)}>Deleted knowledge base</option> : null}
          {shared.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
