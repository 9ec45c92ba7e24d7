// A long list of which only the part in view is drawn, and which follows its end until the person scrolls up.
import { ArrowDown } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { lastRows, type Rows, rowsIn } from "./rows";

const GUESS = 220; // pixels of a row that was never drawn
const MORE = 600; // pixels that are drawn above and below what is seen
const NEAR = 32; // pixels from the end that count as the end
const FIRST_VIEW = 900; // pixels that are drawn before the room is known

type ScrollProps = {
  ids: ReadonlyArray<string>;
  row: (id: string) => ReactNode;
  /** Changes when the person did something that belongs at the end: the view goes there. */
  toEnd: number;
  label: string;
};

const same = (one: Rows, other: Rows) =>
  one.from === other.from && one.to === other.to && one.before === other.before && one.after === other.after;

export function Scroll({ ids, row, toEnd, label }: ScrollProps) {
  const view = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const known = useRef(new Map<string, number>());
  const following = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);
  const heights = useCallback(() => ids.map((id) => known.current.get(id) ?? GUESS), [ids]);
  const [rows, setRows] = useState<Rows>(() => lastRows(heights(), FIRST_VIEW));

  const look = useCallback(() => {
    const box = view.current;
    if (!box) return;
    const all = heights();
    const next = following.current
      ? lastRows(all, box.clientHeight + MORE)
      : rowsIn(all, box.scrollTop, box.clientHeight, MORE);
    setRows((before) => (same(before, next) ? before : next));
  }, [heights]);

  const follow = useCallback(() => {
    const box = view.current;
    if (!box || !following.current) return;
    box.scrollTop = box.scrollHeight;
    lastTop.current = box.scrollTop;
  }, []);

  // Rows tell their heights; as the last one grows, the view goes with it.
  const sizes = useMemo(
    () =>
      new ResizeObserver((entries) => {
        for (const { target } of entries) {
          const { id } = (target as HTMLElement).dataset;
          const height = (target as HTMLElement).offsetHeight;
          if (id && height) known.current.set(id, height);
        }
        follow();
      }),
    [follow],
  );
  const measured = useCallback(
    (item: HTMLLIElement | null) => {
      if (!item) return;
      sizes.observe(item);
      return () => sizes.unobserve(item);
    },
    [sizes],
  );

  useLayoutEffect(look, [look]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after whatever was drawn
  useLayoutEffect(follow, [rows, ids, follow]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: its change is the message
  useLayoutEffect(() => {
    following.current = true;
    setAway(false);
    look();
    follow();
  }, [toEnd]);
  useEffect(() => {
    const box = view.current;
    if (!box) return;
    const boxes = new ResizeObserver(() => {
      look();
      follow();
    });
    boxes.observe(box);
    return () => boxes.disconnect();
  }, [look, follow]);
  useEffect(() => () => sizes.disconnect(), [sizes]);

  const leave = () => {
    following.current = false;
  };
  const onScroll = () => {
    const box = view.current;
    if (!box) return;
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (left < NEAR) following.current = true;
    else if (box.scrollTop < lastTop.current - 1) leave();
    lastTop.current = box.scrollTop;
    setAway(!following.current && left > 120);
    look();
  };
  const jump = () => {
    following.current = true;
    setAway(false);
    look();
    follow();
    view.current?.focus({ preventScroll: true });
  };

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={view}
        role="log"
        aria-live="off"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard too
        tabIndex={0}
        onScroll={onScroll}
        onWheel={(event) => {
          if (event.deltaY < 0 && (view.current?.scrollTop ?? 0) > 0) leave();
        }}
        className="h-full overflow-y-auto overscroll-contain px-4 -outline-offset-2 sm:px-6"
      >
        <ol
          ref={list}
          className="mx-auto w-full max-w-3xl pb-6"
          style={{ paddingTop: rows.before, marginBottom: rows.after }}
        >
          {ids.slice(rows.from, rows.to).map((id) => (
            <li key={id} ref={measured} data-id={id}>
              {row(id)}
            </li>
          ))}
        </ol>
      </div>
      {away ? (
        <Button
          className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-rise rounded-full shadow-float"
          onClick={jump}
        >
          <ArrowDown aria-hidden />
          Jump to latest
        </Button>
      ) : null}
    </div>
  );
}
