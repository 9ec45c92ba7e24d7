// The page of a document that is being read over whatever page is open: a source of an answer, or a document.
import { create } from "zustand";
import type { Passage } from "@/api";

export type ViewedDocument = {
  documentId: string;
  filename: string;
  /** From 1; null where the document has no pages. */
  page: number | null;
  /** The passage that led here. */
  passage: string | null;
  /** Its sentence that matched. */
  match?: string | null | undefined;
};

export const useDocumentViewer = create<{ viewed: ViewedDocument | null }>(() => ({ viewed: null }));

export function viewDocument(viewed: ViewedDocument | null): void {
  useDocumentViewer.setState({ viewed });
}

export function viewPassage({ document_id, filename, page, text, match }: Passage): void {
  viewDocument({ documentId: document_id, filename, page, passage: text, match });
}
