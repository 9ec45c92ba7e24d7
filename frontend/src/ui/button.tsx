// Buttons: one primary per place, quiet ones beside it.
import { Slot } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";
import { Tooltip } from "./tooltip";

type Variant = "primary" | "plain" | "quiet" | "danger";
type Size = "small" | "medium";

const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  plain: "border border-line bg-surface text-ink shadow-card hover:bg-hover",
  quiet: "text-muted hover:bg-hover hover:text-ink",
  danger: "bg-bad text-on-bad hover:brightness-110",
};
const SIZES: Record<Size, string> = { small: "h-8 gap-1.5 px-3 text-sm", medium: "h-10 gap-2 px-4 text-base" };

type ButtonProps = ComponentProps<"button"> & { variant?: Variant; size?: Size; asChild?: boolean };

export function Button({ variant = "plain", size = "small", asChild = false, className, ...rest }: ButtonProps) {
  const Tag = asChild ? Slot.Root : "button";
  return (
    <Tag
      {...(asChild ? {} : { type: "button" as const })}
      className={classes(
        "inline-flex shrink-0 items-center justify-center rounded-lg font-medium whitespace-nowrap transition-colors",
        "disabled:cursor-not-allowed disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
        VARIANTS[variant],
        SIZES[size],
        className,
      )}
      {...rest}
    />
  );
}

type IconButtonProps = Omit<ComponentProps<"button">, "children"> & {
  label: string;
  /** The keys that do the same, shown in the tooltip. */
  keys?: string;
  pressed?: boolean;
  children: ReactNode;
};

/** A square button with a picture; its label is its name and its tooltip. */
export function IconButton({ label, keys, pressed, className, children, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(keys ? { keys } : {})}>
      <button
        type="button"
        aria-label={label}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
        className={classes(
          "inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-muted transition-colors",
          "hover:bg-hover hover:text-ink disabled:cursor-not-allowed disabled:opacity-45 [&_svg]:size-4",
          "data-[state=open]:bg-hover data-[state=open]:text-ink",
          pressed && "bg-accent-soft text-accent-ink hover:bg-accent-soft hover:text-accent-ink",
          className,
        )}
        {...rest}
      >
        {children}
      </button>
    </Tooltip>
  );
}
