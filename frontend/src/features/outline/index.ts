// What the editor uses of the outline.
export { Outline } from "./outline";
