// What the pages use of this feature.
export { MyStacks } from "./my-stacks";
export { Thumbnail } from "./thumbnail";
