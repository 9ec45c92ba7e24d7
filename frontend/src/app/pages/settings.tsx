// The address of the settings page.
import { Page, PageHead } from "@/app/page";
import { SettingsPage } from "@/features/settings";

export function Settings() {
  return (
    <Page title="Settings">
      <PageHead title="Settings" />
      <SettingsPage />
    </Page>
  );
}
