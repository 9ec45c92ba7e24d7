// The page of knowledge bases and their documents; the address names the base, and a document that is opened.
import { useCallback } from "react";
import { PageHead } from "@/ui/page-head";
import { useNavigate, useParams, useSearchParams } from "@/ui/router";
import { DocumentsPage } from "./bases";

export default function Page() {
  const { baseId } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const onBase = useCallback((id: string | null) => navigate(id ? `/knowledge/${id}` : "/knowledge"), [navigate]);
  return (
    <>
      <PageHead
        title="Documents"
        description="What your stacks know. Answers are made from these, with their sources."
      />
      <DocumentsPage documentId={search.get("document")} baseId={baseId ?? search.get("base")} onBase={onBase} />
    </>
  );
}
