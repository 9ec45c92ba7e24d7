// The export of a stack, asked for from any page: a dialog over it says what the file will hold.
import { create } from "zustand";
import type { Draft } from "../stack/stacks";

export type Exporting = { id: string; stack: Draft };

export const useExporting = create<{ exporting: Exporting | null }>(() => ({ exporting: null }));

export function askExport(exporting: Exporting | null): void {
  useExporting.setState({ exporting });
}
