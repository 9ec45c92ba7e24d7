// A menu of actions: under a button, or where the pointer was clicked. Both are drawn from the same list.
import { ContextMenu, DropdownMenu } from "radix-ui";
import type { ComponentType, ReactNode } from "react";
import { classes } from "./classes";
import { Keys } from "./keys";

export type MenuItem =
  | {
      label: string;
      icon?: ComponentType<{ className?: string }>;
      keys?: string;
      danger?: boolean;
      disabled?: boolean;
      onSelect: () => void;
    }
  | "line";

const PANEL =
  "z-[60] max-h-(--radix-popper-available-height) min-w-52 animate-rise overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-float";
const ITEM = classes(
  "flex h-8 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm outline-none select-none",
  "data-[highlighted]:bg-hover data-[disabled]:opacity-45 [&_svg]:size-4",
);

type Kit = {
  Item: typeof DropdownMenu.Item | typeof ContextMenu.Item;
  Separator: typeof DropdownMenu.Separator | typeof ContextMenu.Separator;
};

function items(list: ReadonlyArray<MenuItem>, { Item, Separator }: Kit) {
  return list.map((item, place) =>
    item === "line" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a line is nothing but its place
      <Separator key={`line-${place}`} className="mx-2 my-1 h-px bg-line" />
    ) : (
      <Item
        key={item.label}
        className={classes(ITEM, item.danger ? "text-bad [&_svg]:text-bad" : "[&_svg]:text-muted")}
        disabled={item.disabled ?? false}
        onSelect={item.onSelect}
      >
        {item.icon ? <item.icon /> : null}
        <span className="flex-1">{item.label}</span>
        {item.keys ? <Keys of={item.keys} /> : null}
      </Item>
    ),
  );
}

type MenuProps = { items: ReadonlyArray<MenuItem>; align?: "start" | "end"; label?: string; children: ReactNode };

export function Menu({ items: list, align = "end", label, children }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={PANEL}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          {...(label ? { "aria-label": label } : {})}
        >
          {items(list, DropdownMenu)}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** The list is asked for when the menu opens, so that it fits what was clicked. */
export function PointerMenu({ items: list, children }: { items: ReadonlyArray<MenuItem>; children: ReactNode }) {
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content className={PANEL} collisionPadding={8}>
          {items(list, ContextMenu)}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
