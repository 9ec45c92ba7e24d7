// What the pages use of this feature.
export { CredentialsPage } from "./credentials";
