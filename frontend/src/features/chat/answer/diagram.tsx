// A Mermaid diagram of an answer, shown as a picture: nothing in it can run or fetch.
import { useEffect, useState } from "react";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/skeleton";
import { CopiedCode } from "./code-block";
import { type Drawing, drawDiagram } from "./diagram-frame";

export function Diagram({ source }: { source: string }) {
  const drawing = useDrawing(source);
  const [asText, setAsText] = useState(false);
  const failed = drawing !== null && "error" in drawing;
  const address = useAddress(drawing);
  if (failed || asText) {
    return (
      <figure className="diagram">
        <CopiedCode code={source}>
          <code>{source}</code>
        </CopiedCode>
        <figcaption className="text-sm text-muted">
          {failed ? "This diagram can’t be drawn, so its source is shown." : null}
          {asText ? (
            <Button variant="quiet" className="h-7 px-2 text-xs" onClick={() => setAsText(false)}>
              Show the diagram
            </Button>
          ) : null}
        </figcaption>
      </figure>
    );
  }
  if (!address) return <Skeleton className="h-48" />;
  return (
    <figure className="diagram">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide diagram is scrolled with the keyboard too
        tabIndex={0}
        aria-label="Diagram"
        className="overflow-x-auto rounded-lg border border-line bg-surface p-3"
      >
        <img src={address} alt={`Diagram. Its source: ${source}`} className="max-w-none" />
      </section>
      <figcaption>
        <Button variant="quiet" className="h-7 px-2 text-xs" onClick={() => setAsText(true)}>
          Show the source
        </Button>
      </figcaption>
    </figure>
  );
}

function useDrawing(source: string): Drawing | null {
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  useEffect(() => {
    let unmounted = false;
    const dark = document.documentElement.dataset["theme"] === "dark";
    void drawDiagram(source, dark).then((one) => {
      if (!unmounted) setDrawing(one);
    });
    return () => {
      unmounted = true;
    };
  }, [source]);
  return drawing;
}

/** An address of the picture in memory, given back when it is not needed any more. */
function useAddress(drawing: Drawing | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!drawing || !("svg" in drawing)) return;
    const made = URL.createObjectURL(new Blob([sized(drawing.svg)], { type: "image/svg+xml" }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [drawing]);
  return address;
}

/** With the size that its view box names, and not “100%”, which a picture does not have. */
export function sized(svg: string): string {
  const box = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg);
  if (!box) return svg;
  return svg.replace(/^<svg([^>]*?)\swidth="100%"/, `<svg$1 width="${box[1]}" height="${box[2]}"`);
}
