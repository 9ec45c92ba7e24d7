// A label, what is filled in, help under it, and what is wrong with it.
import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { classes } from "./classes";

export const CONTROL = classes(
  "w-full rounded-lg border border-line-strong/60 bg-surface px-3 text-base text-ink transition-colors placeholder:text-faint",
  "hover:border-line-strong focus-visible:border-accent focus-visible:outline-offset-0",
  "aria-invalid:border-bad disabled:cursor-not-allowed disabled:bg-sunken disabled:text-muted",
);

export type Described = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
  "aria-required": boolean | undefined;
};

type FieldProps = {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  required?: boolean;
  /** Right of the label: a value, or a small action. */
  beside?: ReactNode;
  className?: string;
  children: (described: Described) => ReactNode;
};

export function Field({ label, help, error, required, beside, className, children }: FieldProps) {
  const id = useId();
  const described = [error ? `${id}-error` : null, help ? `${id}-help` : null].filter(Boolean).join(" ");
  return (
    <div className={classes("flex flex-col gap-1.5", className)}>
      <div className="flex min-h-5 items-baseline justify-between gap-2">
        <span className="text-sm font-medium">
          <label htmlFor={id}>{label}</label>
          {required ? (
            <span className="ml-0.5 text-bad" title="Required" aria-hidden>
              *
            </span>
          ) : null}
        </span>
        {beside}
      </div>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
        "aria-required": required || undefined,
      })}
      {error ? (
        <p id={`${id}-error`} className="text-xs text-bad">
          {error}
        </p>
      ) : null}
      {help ? (
        <p id={`${id}-help`} className="text-xs text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={classes(CONTROL, "h-9", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={classes(CONTROL, "min-h-20 resize-y py-2 field-sizing-content", className)} {...rest} />;
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return (
    <span className="relative block w-full min-w-0">
      <select className={classes(CONTROL, "h-9 appearance-none truncate pr-8", className)} {...rest} />
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted"
        aria-hidden
      />
    </span>
  );
}

type SwitchProps = Omit<ComponentProps<"button">, "onChange"> & { on: boolean; onChange: (on: boolean) => void };

export function Switch({ on, onChange, className, ...rest }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      onClick={() => onChange(!on)}
      className={classes(
        "relative h-5 w-9 shrink-0 rounded-full transition-colors",
        on ? "bg-accent" : "bg-line-strong",
        className,
      )}
      {...rest}
    >
      <span
        className={classes(
          "absolute top-0.5 left-0.5 size-4 rounded-full bg-white shadow-card transition-transform",
          on && "translate-x-4",
        )}
      />
    </button>
  );
}
