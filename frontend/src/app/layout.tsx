// What stands around a page: the top bar, and the column that the page is in.
import { CircleHelp, Search } from "lucide-react";
import { type ComponentType, type ReactNode, Suspense } from "react";
import { openCommands } from "@/model/shell/commands";
import { chooseTheme, useTheme } from "@/model/shell/theme";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Keys } from "@/ui/keys";
import { Logo } from "@/ui/logo";
import { useTitle } from "@/ui/page-head";
import { Link, NavLink } from "@/ui/router";
import { SkipLink } from "@/ui/skip-link";
import { ThemeButton } from "@/ui/theme-button";
import { Tooltip } from "@/ui/tooltip";
import { type LayoutName, NAVIGATION } from "./routes";

const CONTENT = "content";

type LayoutProps = { title: string; layout: LayoutName; skeleton?: ComponentType; children: ReactNode };

export function Layout({ title, layout, skeleton: Skeleton, children }: LayoutProps) {
  useTitle(title);
  // Without a skeleton the page before stays until this one is there.
  const page = Skeleton ? <Suspense fallback={<Skeleton />}>{children}</Suspense> : children;
  if (layout === "bare") return page;
  if (layout === "full") {
    return (
      <div className="flex h-full flex-col">
        <SkipLink to={CONTENT} />
        <TopBar />
        <main id={CONTENT} tabIndex={-1} className="min-h-0 flex-1 outline-none">
          {page}
        </main>
      </div>
    );
  }
  return (
    <div className="flex min-h-full flex-col">
      <SkipLink to={CONTENT} />
      <TopBar />
      <main
        id={CONTENT}
        tabIndex={-1}
        className={classes(
          "mx-auto w-full flex-1 px-4 py-5 outline-none sm:px-6 sm:py-8",
          layout === "wide" ? "max-w-7xl" : "max-w-3xl",
        )}
      >
        {page}
      </main>
    </div>
  );
}

function TopBar() {
  const theme = useTheme((state) => state.shown);
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <div className="mx-auto flex h-14 max-w-7xl items-center gap-1 px-2.5 sm:px-6">
        <Link
          to="/stacks"
          className="mr-1 flex items-center gap-2.5 rounded-lg font-semibold sm:mr-5"
          aria-label="GenAI Stack"
        >
          <Logo className="size-7" />
          <span className="hidden text-lg tracking-tight lg:inline">GenAI Stack</span>
        </Link>
        <nav aria-label="Pages" className="flex items-center sm:gap-1">
          {NAVIGATION.map(({ to, label, icon: Icon }) => (
            <NavLink
              key={to}
              to={to}
              className={({ isActive }) =>
                classes(
                  "flex items-center rounded-lg px-1.5 font-medium transition-colors max-md:h-11 max-md:flex-col max-md:justify-center max-md:gap-0.5 max-md:text-[0.6875rem] sm:px-2 md:h-8 md:gap-2 md:px-3 md:text-sm",
                  isActive ? "bg-accent-soft text-accent-ink" : "text-muted hover:bg-hover hover:text-ink",
                )
              }
            >
              <Icon className="size-4" aria-hidden />
              <span className="whitespace-nowrap">{label}</span>
            </NavLink>
          ))}
        </nav>
        <div className="flex-1" />
        <button
          type="button"
          onClick={openCommands}
          className="hidden h-8 w-52 items-center gap-2 rounded-lg border border-line bg-ground px-2.5 text-sm text-muted hover:bg-hover lg:flex"
        >
          <Search className="size-4" aria-hidden />
          <span className="flex-1 text-left">Go to…</span>
          <Keys of="Mod+K" />
        </button>
        <IconButton label="Go to…" keys="Mod+K" onClick={openCommands} className="lg:hidden">
          <Search />
        </IconButton>
        <Tooltip text="Help">
          <Link
            to="/help"
            aria-label="Help"
            className="hidden size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink sm:flex"
          >
            <CircleHelp className="size-4" aria-hidden />
          </Link>
        </Tooltip>
        <span className="hidden sm:inline">
          <ThemeButton shown={theme} onChoose={chooseTheme} />
        </span>
      </div>
    </header>
  );
}
