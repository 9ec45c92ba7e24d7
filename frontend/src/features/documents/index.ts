// What the pages use of this feature.
export { DocumentsPage } from "./page";
