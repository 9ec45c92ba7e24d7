// The address of the credentials page.
import { Page, PageHead } from "@/app/page";
import { CredentialsPage } from "@/features/credentials";

export function Credentials() {
  return (
    <Page title="Keys" wide={false}>
      <PageHead
        title="Keys"
        description="Keys of model providers. They are stored encrypted on this server; only their last characters are ever shown."
      />
      <CredentialsPage />
    </Page>
  );
}
