// The address of the documents page.
import { Page, PageHead } from "@/app/page";
import { DocumentsPage } from "@/features/documents";

export function Documents() {
  return (
    <Page title="Documents">
      <PageHead title="Documents" />
      <DocumentsPage />
    </Page>
  );
}
