// What the pages use of this feature.
export { SettingsPage } from "./page";
