// The address of the credentials page.
import { Page, PageHead } from "@/app/page";
import { CredentialsPage } from "@/features/credentials";

export function Credentials() {
  return (
    <Page title="Keys">
      <PageHead title="Keys" />
      <CredentialsPage />
    </Page>
  );
}
