// The catalog that tests use: the ports of the shared cases, with a form each.
import shared from "../../../../tests/contract/connection_cases.json";
import { type Catalog, catalogOf } from "./node-types";

type Port = { name: string; types: string[]; multiple: boolean };

const port = ({ name, types, multiple }: Port) => ({
  name,
  types,
  multiple,
  title: name.charAt(0).toUpperCase() + name.slice(1),
  required: !multiple,
  streamed: false,
});

export const CASES = shared.cases as unknown as ReadonlyArray<{
  name: string;
  edges: ReadonlyArray<[string, string, string, string]>;
  from: [string, string];
  to: [string, string];
  legal: boolean;
}>;

export const CATALOG: Catalog = catalogOf({
  items: Object.entries(shared.ports as Record<string, { inputs: Port[]; outputs: Port[] }>).map(([type, ports]) => ({
    type,
    title: type,
    description: "",
    category: "All",
    icon: "box",
    role: type === "query" ? "entry" : type === "output" ? "exit" : "step",
    inputs: ports.inputs.map(port),
    outputs: ports.outputs.map(port),
    config_schema: { properties: {} },
  })),
  port_types: [
    { name: "text", title: "Text", description: "" },
    { name: "documents", title: "Documents", description: "" },
  ],
  total: 4,
  skip: 0,
  limit: 500,
});
