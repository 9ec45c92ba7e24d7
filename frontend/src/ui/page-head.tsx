// A page's heading with what can be done on it, and the title of the browser's tab.
import { type ReactNode, useEffect } from "react";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · GenAI Stack` : "GenAI Stack";
  }, [title]);
}

type PageHeadProps = { title: string; description?: ReactNode; actions?: ReactNode };

export function PageHead({ title, description, actions }: PageHeadProps) {
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
