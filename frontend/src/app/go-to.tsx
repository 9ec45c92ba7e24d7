// “Go to anything”: stacks, pages, and what the page that is open adds.
import { useQuery } from "@tanstack/react-query";
import { FileText, KeyRound, Layers3, Settings2, Workflow } from "lucide-react";
import { useState } from "react";
import { ask } from "@/api";
import { going } from "@/model/shell/commands";
import { Palette, type PaletteItem } from "@/ui/palette";
import { useNavigate } from "@/ui/router";

export default function GoTo({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const stacks = useQuery(ask.workflows());
  const go = (to: string) => () => void navigate(to);
  const [here] = useState(() => going.here().map((goal) => ({ ...goal, group: "In this stack", icon: Workflow })));
  const items: PaletteItem[] = [
    ...here,
    { id: "stacks", group: "Pages", label: "My stacks", icon: Layers3, run: go("/") },
    { id: "documents", group: "Pages", label: "Documents", icon: FileText, run: go("/documents") },
    { id: "keys", group: "Pages", label: "Keys", icon: KeyRound, run: go("/credentials") },
    { id: "settings", group: "Pages", label: "Settings", icon: Settings2, run: go("/settings") },
    ...(stacks.data?.items ?? []).map((stack) => ({
      id: stack.id,
      group: "Stacks",
      label: stack.name,
      detail: stack.description,
      icon: Layers3,
      run: go(`/stacks/${stack.id}`),
    })),
  ];
  return <Palette title="Go to" placeholder="Go to a stack or a page…" items={items} onClose={onClose} />;
}
