// Asks before something is deleted for good.
import type { ReactNode } from "react";
import { Button } from "./button";
import { Dialog, DialogBody, DialogFoot } from "./dialog";

type ConfirmProps = {
  title: string;
  /** What is lost. */
  children: ReactNode;
  /** What the button does, in a word or two. */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
};

export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog open onOpenChange={onClose} title={title}>
      <DialogBody className="text-muted">{children}</DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>Keep it</Button>
        <Button
          variant="danger"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {action}
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
