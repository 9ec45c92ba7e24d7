// What the pages use of this feature.
export { Documents } from "./documents";
export { Reader } from "./reader";
