// The settings: theme, keyboard shortcuts, and about this server.
import { useQuery } from "@tanstack/react-query";
import { CheckCircle2, Monitor, Moon, Sun, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { queries } from "@/api";
import { chooseTheme, type Theme, useTheme } from "@/model/shell/theme";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/router";
import { Skeleton } from "@/ui/skeleton";
import { KeyList, type Listed } from "./keys";

const THEMES: ReadonlyArray<{ theme: Theme; label: string; icon: typeof Sun }> = [
  { theme: "system", label: "System", icon: Monitor },
  { theme: "light", label: "Light", icon: Sun },
  { theme: "dark", label: "Dark", icon: Moon },
];

const ANYWHERE: ReadonlyArray<Listed> = [{ keys: "Mod+K", label: "Go to…" }];
const CHAT: ReadonlyArray<Listed> = [
  { keys: "Enter", label: "Send" },
  { keys: "Shift+Enter", label: "New line" },
  { keys: "↑", label: "Edit the last question (in an empty box)" },
  { keys: "Escape", label: "Stop the answer" },
];

/** `children`: the shortcuts of other parts of the pages. */
export function SettingsPage({ children }: { children?: ReactNode }) {
  return (
    <div className="flex flex-col gap-6">
      <Card title="Theme">
        <Themes />
      </Card>
      <Card title="Keyboard shortcuts" className="pointer-coarse:hidden">
        <div className="grid gap-x-12 gap-y-6 md:grid-cols-2">
          <div className="flex flex-col gap-6">
            <KeyList title="Anywhere" list={ANYWHERE} />
            <KeyList title="Chat" list={CHAT} />
          </div>
          {children}
        </div>
      </Card>
      <Card title="About">
        <About />
      </Card>
    </div>
  );
}

function Card({ title, className, children }: { title: string; className?: string; children: ReactNode }) {
  return (
    <section
      aria-label={title}
      className={classes("rounded-xl border border-line bg-surface p-5 shadow-card sm:p-6", className)}
    >
      <h2 className="mb-4 text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Themes() {
  const chosen = useTheme((state) => state.chosen);
  return (
    <div role="radiogroup" aria-label="Theme" className="grid max-w-lg grid-cols-3 gap-2">
      {THEMES.map(({ theme, label, icon: Icon }) => (
        <label
          key={theme}
          className={classes(
            "flex cursor-pointer flex-col items-center gap-2 rounded-lg border px-2 py-4 text-center text-sm font-medium transition-colors",
            "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
            chosen === theme
              ? "border-accent bg-accent-soft text-accent-ink"
              : "border-line text-muted hover:bg-hover hover:text-ink",
          )}
        >
          <input
            type="radio"
            name="theme"
            className="sr-only"
            checked={chosen === theme}
            onChange={() => chooseTheme(theme)}
          />
          <Icon className="size-5" aria-hidden />
          {label}
        </label>
      ))}
    </div>
  );
}

function About() {
  const version = useQuery(queries.version());
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
        <dt className="text-muted">Version</dt>
        <dd className="tabular-nums">{version.data ?? <Skeleton className="h-5 w-16" />}</dd>
        <dt className="text-muted">Licence</dt>
        <dd>
          GNU Affero General Public License, version 3 or later. This is free software: you may use, change and share it
          under this licence.
        </dd>
        <dt className="text-muted">Help</dt>
        <dd>
          <Link to="/help" className="rounded text-accent-ink underline">
            User guide
          </Link>
        </dd>
        <dt className="text-muted">API</dt>
        <dd>
          <a href="/api/v1/openapi.json" className="rounded text-accent-ink underline">
            API reference (OpenAPI)
          </a>
        </dd>
      </dl>
      <ServerStatus />
    </div>
  );
}

const PARTS: Readonly<Record<string, string>> = {
  process: "Server",
  database: "Database",
  index: "Search index",
  pubsub: "Live updates",
};

/** Asked again every few seconds: an answer from before the server went away is not shown. */
function ServerStatus() {
  const ready = useQuery(queries.readiness());
  const parts = ready.isError ? [] : (ready.data?.parts ?? []);
  return (
    <section aria-labelledby="server-status">
      <h3 id="server-status" className="mb-1.5 text-sm font-semibold text-muted">
        Server status
      </h3>
      {ready.isError ? (
        <p role="alert" className="flex items-start gap-2.5 text-sm text-bad">
          <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
          The server can’t be reached. This page keeps trying.
        </p>
      ) : null}
      {ready.isPending ? <Skeleton className="h-16" /> : null}
      <ul className="flex flex-col gap-1.5">
        {parts.map((part) => (
          <li key={part.name} className="flex items-start gap-2.5 text-sm">
            {part.ok ? (
              <CheckCircle2 className="mt-0.5 size-4 shrink-0 text-good" role="img" aria-label="Working" />
            ) : (
              <TriangleAlert className="mt-0.5 size-4 shrink-0 text-bad" role="img" aria-label="Not working" />
            )}
            <span>
              <span className="font-medium">{PARTS[part.name] ?? part.name}:</span>{" "}
              <span className="text-muted">{part.message}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
