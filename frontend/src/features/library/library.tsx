// The components that can be added: dragged onto the canvas, clicked, or chosen with Enter.
import { GripVertical, Search, StickyNote } from "lucide-react";
import { type DragEvent, type KeyboardEvent, useMemo, useRef, useState } from "react";
import { type NodeTypeOut, sentenceOf } from "@/api";
import { loadCatalog, useCatalog, useCatalogError } from "@/model/node-types/catalog";
import { DRAGGED, searched } from "@/model/node-types/node-types";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { hue } from "@/ui/hue";
import { Icon } from "@/ui/icon";
import { Keys } from "@/ui/keys";
import { Loading, Skeleton } from "@/ui/skeleton";

type LibraryProps = { onAdd: (type: NodeTypeOut) => void; onAddNote: () => void };

export function Library({ onAdd, onAddNote }: LibraryProps) {
  const catalog = useCatalog();
  const error = useCatalogError();
  const [words, setWords] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(() => new Set(searched(catalog.types.values(), words)), [catalog, words]);
  const categories = catalog.categories
    .map((category) => ({ ...category, types: category.types.filter((type) => found.has(type)) }))
    .filter((category) => category.types.length);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const [first] = found;
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && first && !event.nativeEvent.isComposing) {
      onAdd(first);
    } else if (step) {
      const items = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
      const at = items.indexOf(document.activeElement as HTMLElement);
      event.preventDefault();
      items[Math.min(Math.max(at + step, 0), items.length - 1)]?.focus();
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrows go through the list that is in here
    <div className="flex min-h-0 flex-1 flex-col" onKeyDown={onKeyDown}>
      <div className="relative p-3">
        <Search
          className="pointer-events-none absolute top-1/2 left-6 size-4 -translate-y-1/2 text-muted"
          aria-hidden
        />
        <Input
          type="search"
          aria-label="Search components"
          placeholder="Search"
          className="pr-8 pl-9"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        {words ? null : (
          <span className="pointer-events-none absolute top-1/2 right-6 -translate-y-1/2">
            <Keys of="/" />
          </span>
        )}
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-3 pb-3">
        {catalog.types.size || error ? null : <Waiting />}
        {error ? (
          <div role="alert" className="flex flex-col items-start gap-2 p-2 text-sm text-muted">
            {sentenceOf(error)}
            <Button onClick={() => void loadCatalog()}>Try again</Button>
          </div>
        ) : null}
        {categories.map((category) => (
          <section key={category.name} aria-label={category.name} className="mb-3">
            <h3 className="px-1 pb-1.5 text-xs font-medium text-muted">{category.name}</h3>
            <ul className="flex flex-col gap-1.5">
              {category.types.map((type) => (
                <Item key={type.type} type={type} place={category.place} onAdd={() => onAdd(type)} />
              ))}
            </ul>
          </section>
        ))}
        {catalog.types.size && !found.size ? (
          <p className="p-2 text-sm text-muted">No component matches “{words}”.</p>
        ) : null}
        {words || !catalog.types.size ? null : (
          <section aria-label="Notes">
            <h3 className="px-1 pb-1.5 text-xs font-medium text-muted">Notes</h3>
            <button
              type="button"
              onClick={onAddNote}
              className="flex w-full items-center gap-2.5 rounded-lg border border-line bg-surface p-2 text-left text-sm font-medium shadow-card transition-colors hover:border-line-strong"
            >
              <span className="grid size-8 shrink-0 place-items-center rounded-lg bg-note text-warn">
                <StickyNote className="size-4" aria-hidden />
              </span>
              <span className="flex-1">Sticky note</span>
              <Keys of="Shift+S" />
            </button>
          </section>
        )}
      </div>
    </div>
  );
}

function Item({ type, place, onAdd }: { type: NodeTypeOut; place: number; onAdd: () => void }) {
  const { color, soft } = hue(place);
  const onDragStart = (event: DragEvent) => {
    event.dataTransfer.setData(DRAGGED, type.type);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <li>
      <button
        type="button"
        draggable
        onDragStart={onDragStart}
        onClick={onAdd}
        data-testid={`library-${type.type}`}
        className="group flex w-full cursor-grab items-center gap-2.5 rounded-lg border border-line bg-surface p-2 text-left text-sm font-medium shadow-card transition-colors hover:border-line-strong active:cursor-grabbing"
      >
        <span className="grid size-8 shrink-0 place-items-center rounded-lg" style={{ background: soft, color }}>
          <Icon name={type.icon} className="size-4" />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate">{type.title}</span>
          <span className="line-clamp-2 text-xs font-normal text-muted">{type.description}</span>
        </span>
        <GripVertical
          className="size-4 shrink-0 text-faint opacity-0 transition-opacity group-hover:opacity-100"
          aria-hidden
        />
      </button>
    </li>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-1.5 pt-6">
      <Loading what="components" />
      {[1, 2, 3, 4].map((place) => (
        <Skeleton key={place} className="h-[3.125rem]" />
      ))}
    </div>
  );
}
