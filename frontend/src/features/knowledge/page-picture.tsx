// A page of a PDF as a picture, with the passage that led here marked on it.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call, send, sentenceOf } from "@/api";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { Loading, Skeleton } from "@/ui/skeleton";

type Props = {
  documentId: string;
  page: number;
  filename: string;
  passage: string | null;
  match: string | null;
  onText: () => void;
};

const UNCHANGING = { staleTime: 300_000, retry: 1 };

export function PagePicture({ documentId, page, filename, passage, match, onText }: Props) {
  const picture = usePicture(documentId, page);
  const located = useBoxes(documentId, page, passage, match);
  const [drawn, setDrawn] = useState(false);
  if (picture.error) {
    return (
      <div className="mx-auto max-w-md py-8 text-center">
        <p className="text-muted">{sentenceOf(picture.error)}</p>
        <Button className="mt-4" onClick={onText}>
          Read it as text
        </Button>
      </div>
    );
  }
  if (!picture.address) {
    return (
      <>
        <Loading what="the page" />
        <Skeleton className="mx-auto aspect-[1/1.414] w-full max-w-3xl" />
      </>
    );
  }
  return (
    <div className="mx-auto max-w-3xl">
      {passage && located.missing ? (
        <blockquote className="mb-3 rounded-lg border border-note-line bg-note px-4 py-2.5 text-sm" dir="auto">
          {match || passage}
        </blockquote>
      ) : null}
      <div className="relative">
        <img
          src={picture.address}
          alt={`Page ${page} of ${filename}`}
          className="w-full rounded border border-line bg-white shadow-card"
          onLoad={() => setDrawn(true)}
        />
        {drawn ? <Marks passage={located.passage} match={located.match} /> : null}
      </div>
    </div>
  );
}

type Box = { x0: number; y0: number; x1: number; y1: number };
type MarksProps = { passage: ReadonlyArray<Box>; match: ReadonlyArray<Box> };

/** The passage lightly, its sentence that matched strongly; the first of them is scrolled into view. */
function Marks({ passage, match }: MarksProps) {
  const boxes = [...passage.map((box) => ({ box, strong: false })), ...match.map((box) => ({ box, strong: true }))];
  const first = match.length ? passage.length : 0;
  return boxes.map(({ box, strong }, place) => (
    <span
      // biome-ignore lint/suspicious/noArrayIndexKey: a box is its place
      key={place}
      ref={place === first ? intoView : undefined}
      data-testid={strong ? "match-mark" : "passage-mark"}
      aria-hidden
      className={classes(
        "pointer-events-none absolute rounded-sm mix-blend-multiply",
        strong ? "bg-marker" : "bg-marker-soft",
      )}
      style={{
        left: percent(box.x0),
        top: percent(box.y0),
        width: percent(box.x1 - box.x0),
        height: percent(box.y1 - box.y0),
      }}
    />
  ));
}

const percent = (share: number) => `${share * 100}%`;
const intoView = (mark: HTMLElement | null) => mark?.scrollIntoView({ block: "center" });

function usePicture(documentId: string, page: number): { address: string | null; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: ["picture", documentId, page],
    queryFn: async ({ signal }) => {
      const response = await send("GET /documents/{document_id}/pages/{number}", {
        path: { document_id: documentId, number: page },
        headers: { accept: "image/png" },
        signal,
      });
      return response.blob();
    },
    ...UNCHANGING,
  });
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return { address, error };
}

type Located = { passage: ReadonlyArray<Box>; match: ReadonlyArray<Box>; missing: boolean };

/** `missing`: the passage could not be found on the page, so it has to be shown beside it. */
function useBoxes(documentId: string, page: number, passage: string | null, match: string | null): Located {
  const { data, isError } = useQuery({
    queryKey: ["boxes", documentId, page, passage, match],
    queryFn: ({ signal }) =>
      call("POST /documents/{document_id}/pages/{number}/boxes", {
        path: { document_id: documentId, number: page },
        body: { texts: [passage as string, ...(match ? [match] : [])] },
        signal,
      }),
    enabled: passage !== null,
    ...UNCHANGING,
  });
  const [ofPassage = [], ofMatch = []] = data?.boxes ?? [];
  return {
    passage: ofPassage,
    match: ofMatch,
    missing: isError || (data !== undefined && !ofPassage.length && !ofMatch.length),
  };
}
