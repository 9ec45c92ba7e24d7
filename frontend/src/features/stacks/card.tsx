// One stack in the list: as a card with its picture, or as a line.
import { useQuery } from "@tanstack/react-query";
import { Ellipsis, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { call, type WorkflowItem } from "@/api";
import { useCatalog } from "@/model/node-types/catalog";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { ago } from "@/ui/dates";
import { Menu } from "@/ui/menu";
import { Link } from "@/ui/router";
import { useSeen } from "@/ui/visible";
import { actionsFor } from "./actions";
import { DetailsForm } from "./details-form";
import { Thumbnail } from "./thumbnail";

type StackProps = { stack: WorkflowItem; onTag: (tag: string) => void };

const SHELL = "group relative border-line bg-surface transition-shadow focus-within:z-10";

export function StackCard({ stack, onTag }: StackProps) {
  return (
    <li
      className={classes(
        SHELL,
        "flex flex-col overflow-hidden rounded-xl border shadow-card focus-within:shadow-float hover:shadow-float",
      )}
    >
      <Picture stack={stack} />
      <div className="flex flex-1 items-start gap-2 p-4 pr-2">
        <div className="min-w-0 flex-1">
          <Name stack={stack} />
          <About stack={stack} className="mt-0.5" />
          <Facts stack={stack} onTag={onTag} className="mt-2" />
        </div>
        <More stack={stack} />
      </div>
    </li>
  );
}

export function StackLine({ stack, onTag }: StackProps) {
  return (
    <li className={classes(SHELL, "flex items-center gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-hover")}>
      <div className="grid min-w-0 flex-1 items-center gap-x-6 gap-y-1 md:grid-cols-[minmax(0,1fr)_auto]">
        <div className="min-w-0">
          <Name stack={stack} />
          <About stack={stack} />
        </div>
        <Facts stack={stack} onTag={onTag} />
      </div>
      <More stack={stack} />
    </li>
  );
}

function Picture({ stack }: { stack: WorkflowItem }) {
  const [ref, seen] = useSeen<HTMLDivElement>();
  const whole = useQuery({
    queryKey: ["workflows", "picture", stack.id, stack.version],
    queryFn: ({ signal }) => call("GET /workflows/{workflow_id}", { path: { workflow_id: stack.id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: seen,
  });
  return (
    <div ref={ref} className="grid h-36 place-items-center border-b border-line bg-ground p-3">
      {whole.data ? <Thumbnail configuration={whole.data.configuration} /> : null}
    </div>
  );
}

function Name({ stack }: { stack: WorkflowItem }) {
  return (
    <h2 className="truncate font-semibold">
      <Link
        to={`/stacks/${stack.id}`}
        className="outline-none after:absolute after:inset-0 after:rounded-xl focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
      >
        {stack.name}
      </Link>
    </h2>
  );
}

function Facts({ stack, onTag, className }: StackProps & { className?: string }) {
  return (
    <div className={classes("flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted", className)}>
      {stack.tags.map((tag) => (
        <button
          key={tag}
          type="button"
          aria-label={`Show stacks tagged ${tag}`}
          onClick={() => onTag(tag)}
          className="relative z-10 max-w-40 truncate rounded-md bg-accent-soft px-1.5 py-0.5 text-accent-ink hover:underline"
        >
          {tag}
        </button>
      ))}
      {stack.error_count ? (
        <Badge tone="warn">
          <TriangleAlert aria-hidden />
          {stack.error_count === 1 ? "1 problem" : `${stack.error_count} problems`}
        </Badge>
      ) : null}
      <span title={new Date(stack.updated_at).toLocaleString()}>Changed {ago(stack.updated_at)}</span>
    </div>
  );
}

function More({ stack }: { stack: WorkflowItem }) {
  const [editing, setEditing] = useState(false);
  return (
    <div className="relative z-10">
      <Menu items={actionsFor(stack, () => setEditing(true))} label={`Actions for ${stack.name}`}>
        <IconButton label={`More actions for ${stack.name}`}>
          <Ellipsis />
        </IconButton>
      </Menu>
      {editing ? <DetailsForm stack={stack} onClose={() => setEditing(false)} /> : null}
    </div>
  );
}

/** Its description, or else the components in it. */
function About({ stack, className }: { stack: WorkflowItem; className?: string }) {
  const { types } = useCatalog();
  const titles = stack.node_types.map((type) => types.get(type)?.title ?? type).join(" · ");
  return (
    <p className={classes("truncate text-sm text-muted", className)}>
      {stack.description || titles || "No components yet"}
    </p>
  );
}
