// The first link of a page, seen when it has the focus: it leads past the navigation to what the page is about.
export function SkipLink({ to, children = "Skip to content" }: { to: string; children?: string }) {
  return (
    <a
      href={`#${to}`}
      onClick={(event) => {
        // The address stays as it is, and so does the way back.
        event.preventDefault();
        document.getElementById(to)?.focus();
      }}
      className="fixed top-2 left-2 z-[90] -translate-y-16 rounded-lg bg-accent px-4 py-2 font-medium text-on-accent focus:translate-y-0"
    >
      {children}
    </a>
  );
}
