// A form is what the server's JSON Schema says.
import { expect, test } from "vitest";
import { fieldsOf, isRequired, settingOf, shownFields } from "./form";
import { subtitleOf, summaryOf } from "./summary";

const TYPE = {
  type: "t",
  title: "T",
  description: "",
  category: "c",
  icon: "box",
  role: "step" as const,
  inputs: [],
  outputs: [],
  config_schema: {
    properties: {
      provider: { enum: ["a", "b"], type: "string", default: "a", title: "Provider", widget: "provider" },
      model: {
        type: "string",
        default: "",
        title: "Model",
        widget: "model",
        shown_if: { provider: ["b"] },
        required_if: { provider: ["b"] },
      },
      heat: {
        anyOf: [{ type: "number", minimum: 0, maximum: 2 }, { type: "null" }],
        default: null,
        title: "Heat",
        widget: "slider",
      },
      count: { type: "integer", minimum: 1, maximum: 9, default: 4, title: "Count" },
      on: { type: "boolean", default: true, title: "On" },
    },
  },
};

test("fields come with their widget, bounds and defaults", () => {
  const [provider, , heat, count, on] = fieldsOf(TYPE);
  expect(provider).toMatchObject({ widget: "provider", options: ["a", "b"], nullable: false });
  expect(heat).toMatchObject({ widget: "slider", nullable: true, minimum: 0, maximum: 2 });
  expect(count).toMatchObject({ widget: "number", step: 1, minimum: 1, maximum: 9 });
  expect(on).toMatchObject({ widget: "switch", default: true });
});

test("a field that depends on another is shown only for its values", () => {
  const names = (config: Record<string, unknown>) => shownFields(fieldsOf(TYPE), config).map((field) => field.name);
  expect(names({})).not.toContain("model");
  expect(names({ provider: "b" })).toContain("model");
});

test("a field is required only for the values of another that it names", () => {
  const fields = fieldsOf(TYPE);
  const required = (config: Record<string, unknown>) =>
    fields.filter((field) => isRequired(field, fields, config)).map((field) => field.name);
  expect(required({})).toEqual([]);
  expect(required({ provider: "b" })).toEqual(["model"]);
});

test("an unset field has its default", () => {
  const [provider] = fieldsOf(TYPE);
  expect(provider && settingOf(provider, {})).toBe("a");
  expect(provider && settingOf(provider, { provider: "b" })).toBe("b");
});

test("a card tells what is particular about the settings", () => {
  expect(summaryOf(TYPE, { provider: "b", model: "m", count: 7 })).toEqual([{ title: "Count", value: "7" }]);
});

test("the line under a name tells the model with its provider, or what the node is", () => {
  expect(subtitleOf(TYPE, { provider: "b", model: "m" }, "T")).toBe("m · B");
  expect(subtitleOf(TYPE, { provider: "a" }, "T")).toBe("A");
  const plain = { ...TYPE, config_schema: {}, description: "What it does." };
  expect(subtitleOf(plain, {}, "T")).toBe("What it does.");
  expect(subtitleOf(plain, {}, "Renamed")).toBe("T");
});
