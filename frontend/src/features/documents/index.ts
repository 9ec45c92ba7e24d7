// What the pages use of this feature.
export { Documents } from "./documents";
export { DocumentsPage } from "./page";
export { Reader } from "./reader";
