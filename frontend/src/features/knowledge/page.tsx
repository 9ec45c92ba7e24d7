// The page of knowledge bases and their documents; the address names the base, and a document that is opened.
import { useCallback } from "react";
import { PageHead } from "@/ui/page-head";
import { useNavigate, useParams, useSearchParams } from "@/ui/router";
import { KnowledgeBases } from "./bases";

export default function Page() {
  const { baseId } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const onBase = useCallback((id: string | null) => navigate(id ? `/knowledge/${id}` : "/knowledge"), [navigate]);
  return (
    <>
      <PageHead title="Knowledge" description="Documents that your stacks search to answer questions." />
      <KnowledgeBases documentId={search.get("document")} baseId={baseId ?? search.get("base")} onBase={onBase} />
    </>
  );
}
