// The address of the documents page.
import { useCallback } from "react";
import { Page, PageHead } from "@/app/page";
import { DocumentsPage } from "@/features/documents";
import { useParams, useSearchParams } from "@/ui/router";

export function Documents() {
  const { documentId } = useParams();
  const [search, setSearch] = useSearchParams();
  const onBase = useCallback((id: string | null) => setSearch(id ? { base: id } : {}), [setSearch]);
  return (
    <Page title="Documents">
      <PageHead
        title="Documents"
        description="What your stacks know. Answers are made from these, with their sources."
      />
      <DocumentsPage documentId={documentId ?? null} baseId={search.get("base")} onBase={onBase} />
    </Page>
  );
}
