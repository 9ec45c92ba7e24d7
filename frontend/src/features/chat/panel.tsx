// The chat over the canvas.
import { Dialog, DialogBody } from "@/ui/dialog";

export type ChatPanelProps = {
  workflowId: string;
  name: string;
  onClose: () => void;
  /** Stands in the box, ready to be sent. */
  question?: string | null;
  /** A run began that the canvas shows: it follows the run on a socket of its own. */
  onRun?: (runId: string) => void;
  /** Waits until the last edit is saved, so that what is asked is what is seen. */
  beforeAsking?: () => Promise<void>;
};

export function ChatPanel({ name, onClose }: ChatPanelProps) {
  return (
    <Dialog open onOpenChange={onClose} title={name} width="large">
      <DialogBody>{null}</DialogBody>
    </Dialog>
  );
}
