// A list that is searched by typing, and picked from with the arrows and Enter.
import { Search } from "lucide-react";
import { type ComponentType, type KeyboardEvent, type ReactNode, useId, useMemo, useState } from "react";
import { classes } from "./classes";
import { Dialog } from "./dialog";
import { Keys } from "./keys";

export type PaletteItem = {
  id: string;
  label: string;
  detail?: string;
  group?: string;
  /** Further words by which it is found. */
  keywords?: string;
  keys?: string;
  icon?: ComponentType<{ className?: string }>;
  run: () => void;
};

type PaletteProps = {
  title: string;
  placeholder: string;
  items: ReadonlyArray<PaletteItem>;
  /** What is said when nothing fits. */
  nothing?: ReactNode;
  /** What is typed, for items that are found elsewhere. */
  onText?: (text: string) => void;
  onClose: () => void;
};

function fits({ label, detail = "", group = "", keywords = "" }: PaletteItem, words: ReadonlyArray<string>): boolean {
  const all = `${label} ${detail} ${group} ${keywords}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

export function Palette({ title, placeholder, items, nothing = "No results.", onText, onClose }: PaletteProps) {
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const id = useId();
  const shown = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return items.filter((item) => fits(item, words)).slice(0, 50);
  }, [items, text]);
  const at = Math.min(place, shown.length - 1);

  const pick = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step && shown.length) {
      event.preventDefault();
      setPlace((at + step + shown.length) % shown.length);
      document
        .getElementById(`${id}-${(at + step + shown.length) % shown.length}`)
        ?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      pick(shown[at]);
    }
  };

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} bare atTop width="medium">
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search className="size-4 shrink-0 text-muted" aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-label={title}
          aria-controls={`${id}-list`}
          aria-activedescendant={shown.length ? `${id}-${at}` : undefined}
          className="h-12 w-full bg-transparent text-lg outline-none placeholder:text-faint"
          placeholder={placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            onText?.(event.target.value);
            setPlace(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Keys of="Escape" />
      </div>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={title}
        className="max-h-[min(26rem,60vh)] overflow-y-auto p-1.5"
      >
        {shown.map((item, index) => (
          <div key={item.id}>
            {item.group && item.group !== shown[index - 1]?.group ? (
              <div className="px-2.5 pt-2 pb-1 text-xs font-medium text-faint" aria-hidden>
                {item.group}
              </div>
            ) : null}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the box above has the keys */}
            <div
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              onClick={() => pick(item)}
              onPointerMove={() => setPlace(index)}
              className={classes(
                "flex cursor-default items-center gap-3 rounded-lg px-2.5 py-2",
                index === at && "bg-hover",
              )}
            >
              {item.icon ? <item.icon className="size-4 shrink-0 text-muted" /> : null}
              <span className="min-w-0 flex-1 truncate">
                {item.label}
                {item.detail ? <span className="ml-2 text-sm text-muted">{item.detail}</span> : null}
              </span>
              {item.keys ? <Keys of={item.keys} /> : null}
            </div>
          </div>
        ))}
        {shown.length ? null : <p className="px-3 py-6 text-center text-muted">{nothing}</p>}
      </div>
    </Dialog>
  );
}
