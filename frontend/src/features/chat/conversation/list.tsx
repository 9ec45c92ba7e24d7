// The conversations with a stack: found, opened, renamed, deleted.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, Ellipsis, MessageSquare, Pencil, Plus, Search, Trash2 } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { call, queries, type SessionOut, sentenceOf } from "@/api";
import { deleteWithUndo, useDeleting } from "@/model/shell/deletion";
import { Button, IconButton } from "@/ui/button";
import { classes } from "@/ui/classes";
import { ago } from "@/ui/dates";
import { Input } from "@/ui/field";
import { Menu } from "@/ui/menu";
import { Loading, Skeleton } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { exportConversation, type Format } from "./export";

type ConversationsProps = {
  workflowId: string;
  shown: string | null;
  onOpen: (id: string | null) => void;
};

export function Conversations({ workflowId, shown, onOpen }: ConversationsProps) {
  const found = useQuery(queries.sessions(workflowId));
  const [words, setWords] = useState("");
  const deleting = useDeleting((state) => state.ids);
  const wanted = words.trim().toLowerCase();
  const list = (found.data?.items ?? []).filter(
    (one) => !deleting.has(one.id) && nameOf(one).toLowerCase().includes(wanted),
  );
  const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });
  const refresh = () => queries.refreshSessions(workflowId);
  const remove = (one: SessionOut) => {
    deleteWithUndo({
      id: one.id,
      message: `Deleted “${nameOf(one)}”.`,
      remove: (keepalive) => queries.deleteSession(one.id, workflowId, keepalive),
      ...(one.id === shown ? { onUndo: () => onOpen(one.id) } : {}),
    });
    if (one.id === shown) onOpen(null);
  };
  const rename = useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) =>
      call("PATCH /sessions/{session_id}", { path: { session_id: id }, body: { title } }),
    onSuccess: refresh,
    onError: failed,
  });

  return (
    <nav aria-label="Conversations" className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-col gap-2 p-3">
        <Button className="h-9 justify-start" onClick={() => onOpen(null)}>
          <Plus aria-hidden />
          New conversation
        </Button>
        <div className="relative">
          <Search
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
            aria-hidden
          />
          <Input
            type="search"
            aria-label="Search conversations"
            placeholder="Search conversations"
            className="pl-9"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
      </div>
      {found.isPending ? <Waiting /> : null}
      {found.isError ? <p className="px-4 text-sm text-bad">{sentenceOf(found.error)}</p> : null}
      {found.data && !list.length ? (
        <p className="px-4 py-2 text-sm text-muted">
          {wanted ? "No conversations match." : "Your conversations are kept here."}
        </p>
      ) : null}
      <ul className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {list.map((one) => (
          <Line
            key={one.id}
            one={one}
            isShown={one.id === shown}
            onOpen={() => onOpen(one.id)}
            onRename={(title) => rename.mutate({ id: one.id, title })}
            onExport={(format) => void exportConversation(one.id, nameOf(one), format).catch(failed)}
            onDelete={() => remove(one)}
          />
        ))}
      </ul>
    </nav>
  );
}

export function nameOf(session: Pick<SessionOut, "title">): string {
  return session.title || "New conversation";
}

type LineProps = {
  one: SessionOut;
  isShown: boolean;
  onOpen: () => void;
  onRename: (title: string) => void;
  onExport: (format: Format) => void;
  onDelete: () => void;
};

function Line({ one, isShown, onOpen, onRename, onExport, onDelete }: LineProps) {
  const [editing, setEditing] = useState(false);
  if (editing) {
    const done = (title: string) => {
      setEditing(false);
      if (title.trim() && title.trim() !== one.title) onRename(title.trim());
    };
    const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.nativeEvent.isComposing) return;
      if (event.key === "Enter") done(event.currentTarget.value);
      if (event.key === "Escape") {
        event.stopPropagation();
        setEditing(false);
      }
    };
    return (
      <li className="py-0.5">
        <Input
          autoFocus
          aria-label="Name of the conversation"
          defaultValue={one.title}
          maxLength={200}
          onFocus={(event) => event.target.select()}
          onBlur={(event) => done(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </li>
    );
  }
  return (
    <li
      className={classes(
        "group flex items-center rounded-lg transition-colors",
        isShown ? "bg-accent-soft text-accent-ink" : "hover:bg-hover",
      )}
    >
      <button
        type="button"
        aria-current={isShown ? "page" : undefined}
        onClick={onOpen}
        className="flex min-w-0 flex-1 items-center gap-2.5 rounded-lg py-2 pl-2.5 text-left"
      >
        <MessageSquare className="size-4 shrink-0 opacity-70" aria-hidden />
        <span className="min-w-0 flex-1">
          <span dir="auto" className="block truncate text-sm font-medium">
            {nameOf(one)}
          </span>
          <span className={classes("block text-xs", isShown ? "" : "text-muted")}>
            {one.active_run ? "Answering…" : ago(one.updated_at)}
          </span>
        </span>
      </button>
      <Menu
        label={`Actions for “${nameOf(one)}”`}
        items={[
          { label: "Rename", icon: Pencil, onSelect: () => setTimeout(() => setEditing(true)) },
          { label: "Export as Markdown", icon: Download, onSelect: () => onExport("markdown") },
          { label: "Export as JSON", icon: Download, onSelect: () => onExport("json") },
          "line",
          { label: "Delete", icon: Trash2, danger: true, onSelect: onDelete },
        ]}
      >
        <IconButton
          label={`More about “${nameOf(one)}”`}
          className="mr-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100"
        >
          <Ellipsis />
        </IconButton>
      </Menu>
    </li>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-2 px-4 py-1">
      <Loading what="conversations" />
      {[0, 1, 2].map((line) => (
        <Skeleton key={line} className="h-9" />
      ))}
    </div>
  );
}
