// A dialog over the page. Its ground is our own: Radix' overlay would write a <style> that the page's policy refuses.
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { classes } from "./classes";

const WIDTHS = { small: "max-w-md", medium: "max-w-xl", large: "max-w-4xl", full: "max-w-[min(72rem,100%)] h-full" };

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  width?: keyof typeof WIDTHS;
  /** The title is read out, not shown. */
  bare?: boolean;
  /** At the top, as a palette stands, not in the middle. */
  atTop?: boolean;
  children: ReactNode;
};

export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, width = "small", bare = false, atTop = false, children } = props;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div
          className={classes(
            "fixed inset-0 z-50 flex animate-fade justify-center bg-scrim p-4 backdrop-blur-[1px]",
            atTop ? "items-start pt-[12vh]" : "items-center",
          )}
        >
          <Radix.Content
            onOpenAutoFocus={(event) => {
              // Where nothing in it asks for the focus, the dialog itself has it: on a button its tooltip would take Esc.
              event.preventDefault();
              (event.currentTarget as HTMLElement).focus();
            }}
            {...(description ? {} : { "aria-describedby": undefined })}
            className={classes(
              "relative flex max-h-full w-full animate-rise flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-dialog outline-none",
              WIDTHS[width],
            )}
          >
            {bare ? (
              <Radix.Title className="sr-only">{title}</Radix.Title>
            ) : (
              <header className="flex items-start gap-4 px-6 pt-5 pb-1">
                <div className="min-w-0 flex-1">
                  <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
                  {description ? (
                    <Radix.Description className="mt-1 text-muted">{description}</Radix.Description>
                  ) : null}
                </div>
                <Radix.Close asChild>
                  <IconButton label="Close" className="-mt-1 -mr-2">
                    <X />
                  </IconButton>
                </Radix.Close>
              </header>
            )}
            {children}
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What a dialog says, with room around it. */
export function DialogBody({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={classes("min-h-0 overflow-y-auto px-6 py-4", className)}>{children}</div>;
}

/** The buttons at a dialog's foot, the one that does it last. */
export function DialogFoot({ children }: { children: ReactNode }) {
  return (
    <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-ground px-6 py-3">{children}</footer>
  );
}
