// The bar over the canvas: the stack's name, whether it is saved, and what can be done with it.
import {
  Copy,
  Download,
  Ellipsis,
  History,
  Keyboard,
  Layers3,
  MessageSquare,
  PanelLeft,
  Redo2,
  Table2,
  Trash2,
  Undo2,
  Workflow,
} from "lucide-react";
import { sentenceOf } from "@/api";
import { setCanvasState } from "@/features/canvas";
import { configurationNow, edit, redo, undo, useStack } from "@/model/graph/store";
import { catalogNow } from "@/model/node-types/catalog";
import { chooseTheme, useTheme } from "@/model/shell/theme";
import { download, make, removeSoon, takeBack } from "@/model/stack/stacks";
import { Button, IconButton } from "@/ui/button";
import { Logo } from "@/ui/logo";
import { Menu, type MenuItem } from "@/ui/menu";
import { Link, useNavigate } from "@/ui/router";
import { ThemeButton } from "@/ui/theme-button";
import { toast } from "@/ui/toast";
import { panels, usePanels } from "./panels";
import { SavedMark } from "./saved-mark";

export function EditorBar({ id, onChat }: { id: string; onChat: () => void }) {
  const { library, outline, side } = usePanels();
  const theme = useTheme((state) => state.shown);
  const canUndo = useStack((state) => state.past.length > 0 && !state.pastRun);
  const canRedo = useStack((state) => state.future.length > 0 && !state.pastRun);
  return (
    <header className="z-30 flex h-14 shrink-0 items-center gap-1 border-b border-line bg-surface px-3">
      <Link to="/stacks" aria-label="My stacks" className="mr-1 rounded-lg">
        <Logo className="size-7" />
      </Link>
      <IconButton
        label={library ? "Hide the components" : "Show the components"}
        pressed={library}
        onClick={() => panels({ library: !library })}
      >
        <PanelLeft />
      </IconButton>
      <Name />
      <SavedMark />
      <div className="flex-1" />
      <div className="hidden items-center sm:flex">
        <IconButton label="Undo" keys="Mod+Z" disabled={!canUndo} onClick={undo}>
          <Undo2 />
        </IconButton>
        <IconButton label="Redo" keys="Mod+Shift+Z" disabled={!canRedo} onClick={redo}>
          <Redo2 />
        </IconButton>
        <IconButton
          label="Runs"
          pressed={side === "runs"}
          onClick={() => panels({ side: side === "runs" ? null : "runs" })}
        >
          <History />
        </IconButton>
      </div>
      <IconButton
        label={outline ? "Show the canvas" : "Show as an outline"}
        onClick={() => panels({ outline: !outline })}
      >
        {outline ? <Workflow /> : <Table2 />}
      </IconButton>
      <More id={id} />
      <span className="hidden sm:inline">
        <ThemeButton shown={theme} onChoose={chooseTheme} />
      </span>
      <Button variant="primary" className="ml-1" onClick={onChat}>
        <MessageSquare aria-hidden />
        <span className="hidden md:inline">Chat with stack</span>
        <span className="md:hidden">Chat</span>
      </Button>
    </header>
  );
}

function Name() {
  const name = useStack((state) => state.graph.name);
  const still = useStack((state) => state.pastRun !== null);
  return (
    <input
      aria-label="Name of the stack"
      className="field-sizing-content h-8 max-w-[40vw] min-w-16 rounded-lg px-2 text-lg font-semibold text-ellipsis hover:bg-hover focus:bg-hover sm:max-w-80"
      value={name}
      maxLength={200}
      readOnly={still}
      placeholder="Untitled stack"
      onChange={(event) => edit((graph) => ({ ...graph, name: event.target.value }), "name")}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}

function More({ id }: { id: string }) {
  const navigate = useNavigate();
  const draft = () => {
    const { name, description } = useStack.getState().graph;
    return { name, description, configuration: configurationNow() };
  };
  const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });
  const copy = () =>
    make({ ...draft(), name: `${draft().name.slice(0, 190)} (copy)` }).then(
      (made) => navigate(`/stacks/${made.id}`),
      failed,
    );
  const remove = () => {
    removeSoon(id, failed);
    toast(`“${draft().name}” is deleted, with its documents and chats.`, {
      stays: 7_500,
      action: { label: "Undo", run: () => takeBack(id) && void navigate(`/stacks/${id}`) },
    });
    void navigate("/stacks");
  };
  const items: MenuItem[] = [
    { label: "Undo", icon: Undo2, keys: "Mod+Z", onSelect: undo },
    { label: "Redo", icon: Redo2, keys: "Mod+Shift+Z", onSelect: redo },
    { label: "Runs", icon: History, onSelect: () => panels({ side: "runs" }) },
    "line",
    { label: "Duplicate the stack", icon: Copy, onSelect: () => void copy() },
    { label: "Export as a file", icon: Download, onSelect: () => download(draft(), catalogNow()) },
    { label: "Keys", icon: Keyboard, keys: "?", onSelect: () => setCanvasState({ keysShown: true }) },
    { label: "My stacks", icon: Layers3, onSelect: () => void navigate("/stacks") },
    "line",
    { label: "Delete the stack", icon: Trash2, danger: true, onSelect: remove },
  ];
  return (
    <Menu items={items}>
      <IconButton label="More">
        <Ellipsis />
      </IconButton>
    </Menu>
  );
}
