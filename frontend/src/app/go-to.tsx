// The command palette: stacks, pages, and what the page that is open adds.
import { useQuery } from "@tanstack/react-query";
import { Layers3, Workflow } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { queries } from "@/api";
import { closeCommands, useCommands } from "@/model/shell/commands";
import { Palette, type PaletteItem } from "@/ui/palette";
import { useNavigate } from "@/ui/router";
import { NAVIGATION } from "./routes";

export default function GoTo() {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const words = useDeferredValue(text.trim());
  const stacks = useQuery({ ...queries.workflows(words), placeholderData: (before) => before });
  const go = (to: string) => () => void navigate(to);
  const ofPage = useCommands((state) => state.ofPage);
  const [here] = useState(() => ofPage().map((command) => ({ ...command, group: "In this stack", icon: Workflow })));
  const items: PaletteItem[] = [
    ...here,
    ...NAVIGATION.map(({ to, label, icon }) => ({ id: to, group: "Pages", label, icon, run: go(to) })),
    ...(stacks.data?.items ?? []).map((stack) => ({
      id: stack.id,
      group: "Stacks",
      label: stack.name,
      detail: stack.description,
      icon: Layers3,
      run: go(`/stacks/${stack.id}`),
    })),
  ];
  return (
    <Palette
      title="Go to"
      placeholder="Go to a stack or a page…"
      items={items}
      onText={setText}
      onClose={closeCommands}
    />
  );
}
