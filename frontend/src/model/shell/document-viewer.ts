// The page of a document that is being read over whatever page is open: a source of an answer, or a document.
import { create } from "zustand";

export type Reading = {
  documentId: string;
  filename: string;
  /** From 1; null where the document has no pages. */
  page: number | null;
  /** The passage that led here. */
  passage: string | null;
};

export const useReading = create<{ reading: Reading | null }>(() => ({ reading: null }));

export function read(reading: Reading | null): void {
  useReading.setState({ reading });
}
