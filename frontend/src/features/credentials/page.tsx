// The page of the API keys of model providers.
import { PageHead } from "@/ui/page-head";
import { CredentialsPage } from "./credentials";

export default function Page() {
  return (
    <>
      <PageHead
        title="API keys"
        description="Keys for model providers such as OpenAI. They are stored encrypted on this server; only their last four characters are ever shown."
      />
      <CredentialsPage />
    </>
  );
}
