// What the pages use of this feature.
export { Documents } from "./documents";
export { Reader } from "./reader";
export { send } from "./uploading";
