// The command palette (“Go to”): whether it is open, and the commands that the page on screen adds.
import { create } from "zustand";

export type Command = { id: string; label: string; detail: string; run: () => void };

type Commands = {
  open: boolean;
  /** The commands of the page on screen, read when the palette opens. */
  ofPage: () => Command[];
};

const NONE = (): Command[] => [];

export const useCommands = create<Commands>(() => ({ open: false, ofPage: NONE }));

export const openCommands = (): void => useCommands.setState({ open: true });
export const closeCommands = (): void => useCommands.setState({ open: false });

/** Until the function that is returned is called. */
export function offerCommands(ofPage: () => Command[]): () => void {
  useCommands.setState({ ofPage });
  return () => {
    if (useCommands.getState().ofPage === ofPage) useCommands.setState({ ofPage: NONE });
  };
}
