// A page with the application's top bar.
import { FileText, KeyRound, Layers3, Moon, Search, Settings2, Sun } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { chooseTheme, useTheme } from "@/model/shell/theme";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Keys } from "@/ui/keys";
import { Logo } from "@/ui/logo";
import { Link, NavLink } from "@/ui/router";

const PLACES = [
  { to: "/", label: "My stacks", icon: Layers3 },
  { to: "/documents", label: "Documents", icon: FileText },
  { to: "/credentials", label: "Keys", icon: KeyRound },
  { to: "/settings", label: "Settings", icon: Settings2 },
];

/** Opens “go to anything”. */
export function goTo(): void {
  window.dispatchEvent(new Event("genai-stack:go-to"));
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · GenAI Stack` : "GenAI Stack";
  }, [title]);
}

export function ThemeButton() {
  const shown = useTheme((state) => state.shown);
  const other = shown === "dark" ? "light" : "dark";
  return (
    <IconButton label={`Use the ${other} theme`} onClick={() => chooseTheme(other)}>
      {shown === "dark" ? <Sun /> : <Moon />}
    </IconButton>
  );
}

export function TopBar() {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <div className="mx-auto flex h-14 max-w-7xl items-center gap-1 px-4 sm:px-6">
        <Link
          to="/"
          className="mr-3 flex items-center gap-2.5 rounded-lg font-semibold sm:mr-5"
          aria-label="GenAI Stack"
        >
          <Logo className="size-7" />
          <span className="hidden text-lg tracking-tight lg:inline">GenAI Stack</span>
        </Link>
        <nav aria-label="Pages" className="flex items-center gap-0.5 sm:gap-1">
          {PLACES.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              to={to}
              end={to === "/"}
              className={({ isActive }) =>
                classes(
                  "flex h-8 items-center gap-2 rounded-lg px-2 text-sm font-medium transition-colors md:px-3",
                  isActive ? "bg-accent-soft text-accent-ink" : "text-muted hover:bg-hover hover:text-ink",
                )
              }
            >
              <Icon className="size-4" aria-hidden />
              <span className="max-md:sr-only">{label}</span>
            </NavLink>
          ))}
        </nav>
        <div className="flex-1" />
        <button
          type="button"
          onClick={goTo}
          className="hidden h-8 w-52 items-center gap-2 rounded-lg border border-line bg-ground px-2.5 text-sm text-muted hover:bg-hover lg:flex"
        >
          <Search className="size-4" aria-hidden />
          <span className="flex-1 text-left">Go to…</span>
          <Keys of="Mod+K" />
        </button>
        <IconButton label="Go to…" keys="Mod+K" onClick={goTo} className="lg:hidden">
          <Search />
        </IconButton>
        <ThemeButton />
      </div>
    </header>
  );
}

type PageProps = { title: string; wide?: boolean; className?: string; children: ReactNode };

/** The usual page: the bar, and a column in the middle. */
export function Page({ title, wide = true, className, children }: PageProps) {
  useTitle(title);
  return (
    <div className="flex min-h-full flex-col">
      <TopBar />
      <main className={classes("mx-auto w-full flex-1 px-4 py-8 sm:px-6", wide ? "max-w-7xl" : "max-w-3xl", className)}>
        {children}
      </main>
    </div>
  );
}

type HeadProps = { title: string; description?: ReactNode; actions?: ReactNode };

/** A page's heading with what can be done on it. */
export function PageHead({ title, description, actions }: HeadProps) {
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {description ? <p className="mt-1 max-w-prose text-muted">{description}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </div>
  );
}
