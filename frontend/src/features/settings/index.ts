// What the pages use of this feature.
export { KeyList } from "./keys";
export { SettingsPage } from "./profile";
