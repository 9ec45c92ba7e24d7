// The settings page, with the keyboard shortcuts of the editor.
import { PageHead } from "@/ui/page-head";
import { part } from "@/ui/part";
import { KeyList } from "./keys";
import { SettingsPage } from "./profile";

const EditorShortcuts = part(async () => {
  const { shortcuts } = await import("@/features/canvas");
  const list = shortcuts({ chat: () => {}, close: () => {}, find: () => {}, save: () => {} });
  return () => <KeyList title="Editor" list={list} />;
});

export default function Page() {
  return (
    <>
      <PageHead title="Settings" />
      <SettingsPage>
        <EditorShortcuts />
      </SettingsPage>
    </>
  );
}
