// The page of a document that is being read over whatever page is open: a source of an answer, or a document.
import { create } from "zustand";

export type ViewedDocument = {
  documentId: string;
  filename: string;
  /** From 1; null where the document has no pages. */
  page: number | null;
  /** The passage that led here. */
  passage: string | null;
};

export const useDocumentViewer = create<{ viewed: ViewedDocument | null }>(() => ({ viewed: null }));

export function viewDocument(viewed: ViewedDocument | null): void {
  useDocumentViewer.setState({ viewed });
}
