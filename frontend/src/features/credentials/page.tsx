// The page of the providers' keys.
import { PageHead } from "@/ui/page-head";
import { CredentialsPage } from "./credentials";

export default function Page() {
  return (
    <>
      <PageHead
        title="Keys"
        description="Keys of model providers. They are stored encrypted on this server; only their last characters are ever shown."
      />
      <CredentialsPage />
    </>
  );
}
