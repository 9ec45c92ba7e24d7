// The bar over the canvas: the stack's name, whether it is saved, and what can be done with it.
import {
  Copy,
  Download,
  Ellipsis,
  History,
  Keyboard,
  Layers3,
  PanelLeft,
  Play,
  Redo2,
  Search,
  Table2,
  Trash2,
  Undo2,
  Workflow,
} from "lucide-react";
import { queries, sentenceOf } from "@/api";
import { setCanvasState } from "@/features/canvas";
import { configurationNow, edit, redo, undo, useStack } from "@/model/graph/store";
import { askExport } from "@/model/shell/export-dialog";
import { chooseTheme, useTheme } from "@/model/shell/theme";
import { flush } from "@/model/stack/saving";
import { deleteStack } from "@/model/stack/stacks";
import { Button, IconButton } from "@/ui/button";
import { Logo } from "@/ui/logo";
import { Menu, type MenuItem } from "@/ui/menu";
import { Link, useNavigate } from "@/ui/router";
import { ThemeButton } from "@/ui/theme-button";
import { toast } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { panels, usePanels } from "./panels";
import { SavedMark } from "./saved-mark";

type EditorBarProps = { id: string; library: boolean; onRun: () => void };

export function EditorBar({ id, library, onRun }: EditorBarProps) {
  const { outline, side } = usePanels();
  const theme = useTheme((state) => state.shown);
  const canUndo = useStack((state) => state.past.length > 0 && !state.pastRun);
  const canRedo = useStack((state) => state.future.length > 0 && !state.pastRun);
  return (
    <header className="z-30 flex h-14 shrink-0 items-center gap-1 border-b border-line bg-surface px-3">
      <Link to="/stacks" aria-label="My stacks" className="mr-1 rounded-lg">
        <Logo className="size-7" />
      </Link>
      <IconButton
        label={library ? "Hide the library" : "Show the library"}
        pressed={library}
        className="max-sm:hidden"
        onClick={() => panels({ library: !library })}
      >
        <PanelLeft />
      </IconButton>
      <Name />
      <SavedMark />
      <div className="flex-1 max-sm:hidden" />
      <div className="flex items-center max-sm:hidden">
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
        <IconButton
          label={outline ? "Show the canvas" : "Show the outline"}
          onClick={() => panels({ outline: !outline })}
        >
          {outline ? <Workflow /> : <Table2 />}
        </IconButton>
      </div>
      <More id={id} library={library} />
      <span className="max-sm:hidden">
        <ThemeButton shown={theme} onChoose={chooseTheme} />
      </span>
      <Tooltip text="Ask the stack a question in the chat" keys="Mod+Enter">
        <Button variant="primary" className="ml-1" onClick={onRun}>
          <Play aria-hidden />
          Run
        </Button>
      </Tooltip>
    </header>
  );
}

function Name() {
  const name = useStack((state) => state.graph.name);
  const still = useStack((state) => state.pastRun !== null);
  return (
    <input
      aria-label="Name of the stack"
      className="field-sizing-content h-8 min-w-16 rounded-lg px-2 text-lg font-semibold text-ellipsis hover:bg-hover focus:bg-hover max-sm:flex-1 sm:max-w-80"
      value={name}
      maxLength={200}
      readOnly={still}
      placeholder="Untitled stack"
      onChange={(event) => edit((graph) => ({ ...graph, name: event.target.value }), "name")}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}

function More({ id, library }: { id: string; library: boolean }) {
  const outline = usePanels((state) => state.outline);
  const navigate = useNavigate();
  const draft = () => {
    const { name, description } = useStack.getState().graph;
    return { name, description, configuration: configurationNow() };
  };
  const failed = (error: unknown) => toast(sentenceOf(error), { tone: "bad" });
  const copy = () =>
    flush()
      .then(() => queries.duplicateWorkflow(id))
      .then((made) => navigate(`/stacks/${made.id}`), failed);
  const remove = () => {
    deleteStack({ id, name: draft().name }, () => navigate(`/stacks/${id}`));
    void navigate("/stacks");
  };
  const items: MenuItem[] = [
    { label: "Undo", icon: Undo2, keys: "Mod+Z", onSelect: undo },
    { label: "Redo", icon: Redo2, keys: "Mod+Shift+Z", onSelect: redo },
    { label: "Runs", icon: History, onSelect: () => panels({ side: "runs" }) },
    {
      label: outline ? "Show the canvas" : "Show the outline",
      icon: outline ? Workflow : Table2,
      onSelect: () => panels({ outline: !outline }),
    },
    {
      label: library ? "Hide the library" : "Show the library",
      icon: PanelLeft,
      onSelect: () => panels({ library: !library }),
    },
    { label: "Find in this stack…", icon: Search, keys: "Mod+F", onSelect: () => panels({ finding: true }) },
    "line",
    { label: "Duplicate stack", icon: Copy, onSelect: () => void copy() },
    { label: "Export to file…", icon: Download, onSelect: () => askExport({ id, stack: draft() }) },
    { label: "Keyboard shortcuts", icon: Keyboard, keys: "?", onSelect: () => setCanvasState({ keysShown: true }) },
    { label: "My stacks", icon: Layers3, onSelect: () => void navigate("/stacks") },
    "line",
    { label: "Delete stack", icon: Trash2, danger: true, onSelect: remove },
  ];
  return (
    <Menu items={items}>
      <IconButton label="More">
        <Ellipsis />
      </IconButton>
    </Menu>
  );
}
