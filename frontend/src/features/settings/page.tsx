// The settings page, with the keyboard shortcuts of the editor.
import { lazy, Suspense } from "react";
import { PageHead } from "@/ui/page-head";
import { KeyList } from "./keys";
import { SettingsPage } from "./profile";

const EditorShortcuts = lazy(async () => {
  const { shortcuts } = await import("@/features/canvas");
  const list = shortcuts({ chat: () => {}, close: () => {} });
  return { default: () => <KeyList title="Editor" list={list} /> };
});

export default function Page() {
  return (
    <>
      <PageHead title="Settings" />
      <SettingsPage>
        <Suspense>
          <EditorShortcuts />
        </Suspense>
      </SettingsPage>
    </>
  );
}
