// What the editor uses of the library.
export { Library } from "./library";
