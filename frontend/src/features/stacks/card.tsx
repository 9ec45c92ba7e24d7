// One stack in the list: picture, name, when it was changed, what is wrong, and what can be done with it.
import { useQuery } from "@tanstack/react-query";
import { Copy, Download, Ellipsis, MessageSquare, Trash2, TriangleAlert } from "lucide-react";
import { call, sentenceOf, type WorkflowItem } from "@/api";
import { catalogNow } from "@/model/node-types/catalog";
import { download, duplicate } from "@/model/stack/stacks";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { ago } from "@/ui/dates";
import { Menu, type MenuItem } from "@/ui/menu";
import { Link, useNavigate } from "@/ui/router";
import { toast } from "@/ui/toast";
import { Thumbnail } from "./thumbnail";

const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });

export function StackCard({ stack, onDelete }: { stack: WorkflowItem; onDelete: () => void }) {
  const navigate = useNavigate();
  const whole = useQuery({
    queryKey: ["workflows", "picture", stack.id, stack.version],
    queryFn: ({ signal }) => call("GET /workflows/{workflow_id}", { path: { workflow_id: stack.id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const copy = () => duplicate(stack).then((made) => toast(`Made “${made.name}”.`, { tone: "good" }), failed);
  const save = () =>
    call("GET /workflows/{workflow_id}", { path: { workflow_id: stack.id } }).then(
      (found) => download(found, catalogNow()),
      failed,
    );
  const items: MenuItem[] = [
    { label: "Chat", icon: MessageSquare, onSelect: () => void navigate(`/chat/${stack.id}`) },
    { label: "Duplicate", icon: Copy, onSelect: () => void copy() },
    { label: "Export as a file", icon: Download, onSelect: () => void save() },
    "line",
    { label: "Delete", icon: Trash2, danger: true, onSelect: onDelete },
  ];
  return (
    <li className="group relative flex flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-card transition-shadow focus-within:shadow-float hover:shadow-float">
      <div className="grid h-36 place-items-center border-b border-line bg-ground p-3">
        {whole.data ? <Thumbnail configuration={whole.data.configuration} /> : null}
      </div>
      <div className="flex flex-1 items-start gap-2 p-4 pr-2">
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold">
            <Link
              to={`/stacks/${stack.id}`}
              className="outline-none after:absolute after:inset-0 after:rounded-xl focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
            >
              {stack.name}
            </Link>
          </h2>
          <p className="mt-0.5 truncate text-sm text-muted">{stack.description || `${kinds(stack)}`}</p>
          <div className="mt-2 flex items-center gap-2 text-xs text-muted">
            <span title={new Date(stack.updated_at).toLocaleString()}>Changed {ago(stack.updated_at)}</span>
            {stack.error_count ? (
              <Badge tone="warn">
                <TriangleAlert aria-hidden />
                {stack.error_count === 1 ? "1 problem" : `${stack.error_count} problems`}
              </Badge>
            ) : null}
          </div>
        </div>
        <div className="relative z-10">
          <Menu items={items} label={`What to do with ${stack.name}`}>
            <IconButton label={`More for ${stack.name}`}>
              <Ellipsis />
            </IconButton>
          </Menu>
        </div>
      </div>
    </li>
  );
}

function kinds(stack: WorkflowItem): string {
  const titles = stack.node_types.map((type) => catalogNow().types.get(type)?.title ?? type);
  return titles.length ? titles.join(" · ") : "Nothing in it yet";
}
