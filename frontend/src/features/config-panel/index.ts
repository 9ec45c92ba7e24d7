// What the editor uses of the config panel.
export { ConfigPanel, type Slots } from "./panel";
