// Where an answer comes from: numbered chips with the passage behind them.
import { ChevronRight, FileText } from "lucide-react";
import { Tooltip } from "radix-ui";
import { type ReactNode, useState } from "react";
import type { Passage } from "@/api";
import { viewPassage } from "@/model/shell/document-viewer";
import { classes } from "@/ui/classes";
import { PassageText } from "@/ui/passage-text";
import { citedIn } from "./citations";

const CHIP =
  "inline-flex max-w-60 items-center gap-1.5 rounded-md border border-line bg-surface text-xs text-muted transition-colors hover:bg-hover hover:text-ink";

/** Those that the answer cites; what else was found is folded. */
export function Sources({ list, text }: { list: ReadonlyArray<Passage>; text: string }) {
  const [unfolded, unfold] = useState(false);
  if (!list.length) return null;
  const cited = citedIn(text, list.length);
  const places = list.map((_, place) => place);
  const shown = places.filter((place) => cited.has(place));
  const others = places.filter((place) => !cited.has(place));
  const count = `${others.length} ${shown.length ? "more " : ""}passage${others.length === 1 ? "" : "s"} found`;
  return (
    <section aria-label="Sources" className="mt-3 flex flex-col items-start gap-1.5">
      <Chips list={list} places={shown} label="Cited sources" />
      {others.length ? (
        <button
          type="button"
          aria-expanded={unfolded}
          onClick={() => unfold(!unfolded)}
          className="-ml-1.5 flex h-7 items-center gap-1 rounded-md px-1.5 text-xs text-muted hover:bg-hover hover:text-ink"
        >
          <ChevronRight className={classes("size-3.5 transition-transform", unfolded && "rotate-90")} aria-hidden />
          {count}
          {shown.length ? "" : ", not cited"}
        </button>
      ) : null}
      {unfolded ? <Chips list={list} places={others} label="Other passages" /> : null}
    </section>
  );
}

type ChipsProps = { list: ReadonlyArray<Passage>; places: ReadonlyArray<number>; label: string };

function Chips({ list, places, label }: ChipsProps) {
  if (!places.length) return null;
  return (
    <ul aria-label={label} className="flex flex-wrap gap-1.5">
      {places.map((place) => (
        <li key={place} className="min-w-0">
          <SourceMark place={place} passage={list[place] as Passage} />
        </li>
      ))}
    </ul>
  );
}

type MarkProps = { place: number; passage: Passage; inText?: boolean };

/** Shows its passage to who points at it or focuses it; opens the document's page. */
export function SourceMark({ place, passage, inText = false }: MarkProps) {
  const where = `${passage.filename}${passage.page === null ? "" : `, page ${passage.page}`}`;
  const open = () => viewPassage(passage);
  return (
    <PassageCard passage={passage} where={where}>
      {inText ? (
        <button
          type="button"
          aria-label={`Source ${place + 1}: ${where}`}
          onClick={open}
          className="mx-0.5 inline-grid h-4.5 min-w-4.5 place-items-center rounded bg-accent-soft px-1 align-[0.1em] text-[0.6875rem] leading-none font-semibold text-accent-ink hover:underline"
        >
          {place + 1}
        </button>
      ) : (
        <button type="button" onClick={open} className={`${CHIP} h-7 pr-2 pl-1`}>
          <span className="grid h-5 min-w-5 place-items-center rounded bg-accent-soft px-1 font-semibold text-accent-ink">
            {place + 1}
          </span>
          <span className="truncate">{passage.filename}</span>
          {passage.page === null ? null : <span className="shrink-0">p. {passage.page}</span>}
        </button>
      )}
    </PassageCard>
  );
}

function PassageCard({ passage, where, children }: { passage: Passage; where: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side="top"
          sideOffset={6}
          collisionPadding={12}
          aria-label={`${where}: ${passage.match || passage.text.slice(0, 300)}`}
          className="z-[70] w-96 max-w-[calc(100vw-1.5rem)] animate-fade rounded-lg border border-line bg-surface p-3 text-sm shadow-float"
        >
          <span className="mb-1.5 flex items-center gap-2 text-xs">
            <FileText className="size-3.5 shrink-0 text-muted" aria-hidden />
            <span className="truncate font-medium">{where}</span>
            <span className="ml-auto shrink-0 text-muted tabular-nums">{Math.round(passage.score * 100)} % match</span>
          </span>
          <PassageText text={passage.text} match={passage.match} className="line-clamp-6" />
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
