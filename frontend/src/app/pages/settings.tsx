// The address of the settings page.
import { lazy, Suspense } from "react";
import { Page, PageHead } from "@/app/page";
import { KeyList, SettingsPage } from "@/features/settings";

const CanvasKeys = lazy(async () => {
  const { shortcuts } = await import("@/features/canvas");
  const list = shortcuts({ chat: () => {}, close: () => {} });
  return { default: () => <KeyList title="Editor" list={list} /> };
});

export function Settings() {
  return (
    <Page title="Settings" wide={false}>
      <PageHead title="Settings" />
      <SettingsPage>
        <Suspense>
          <CanvasKeys />
        </Suspense>
      </SettingsPage>
    </Page>
  );
}
