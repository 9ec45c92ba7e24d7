// The settings page.
export function SettingsPage() {
  return null;
}
