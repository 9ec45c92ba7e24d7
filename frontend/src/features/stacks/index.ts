// What the pages use of this feature.
export { Thumbnail } from "./thumbnail";
