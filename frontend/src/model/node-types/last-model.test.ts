// A new node begins with the model that was chosen last.
import { beforeEach, expect, test } from "vitest";
import { fieldsOf } from "./form";
import { rememberModel, startingConfig } from "./last-model";

const ONLINE = { provider: ["openai"] };
const TYPE = {
  config_schema: {
    properties: {
      provider: { enum: ["openai", "offline"], type: "string", default: "offline", widget: "provider" },
      model: { type: "string", default: "", widget: "model", shown_if: ONLINE, required_if: ONLINE },
      base_url: { type: "string", default: "", widget: "text", shown_if: ONLINE },
      system_prompt: { type: "string", default: "", widget: "textarea" },
    },
  },
};
const fields = fieldsOf(TYPE);

beforeEach(() => localStorage.clear());

test("provider, model and address are kept, other settings are not", () => {
  rememberModel(fields, { provider: "openai", model: "m", base_url: "http://a", system_prompt: "Be brief." });
  expect(startingConfig(TYPE)).toEqual({ provider: "openai", model: "m", base_url: "http://a" });
});

test("a choice that is not complete is not kept", () => {
  rememberModel(fields, { provider: "openai", model: "m" });
  rememberModel(fields, { provider: "openai", model: "" });
  expect(startingConfig(TYPE)).toEqual({ provider: "openai", model: "m" });
  rememberModel(fields, { provider: "offline" });
  expect(startingConfig(TYPE)).toEqual({});
});

test("a type that asks no model, and a store that was tampered with, begin with the defaults", () => {
  rememberModel(fields, { provider: "openai", model: "m" });
  expect(startingConfig({ config_schema: { properties: { count: { type: "integer", default: 4 } } } })).toEqual({});
  for (const broken of ["", "[", "3", "null"]) {
    localStorage.setItem("genai-stack.last-model", broken);
    expect(startingConfig(TYPE)).toEqual({});
  }
});
