// A stack's picture: its graph, small.
import { memo, useMemo } from "react";
import { BOX, pictureOf } from "@/model/graph/picture";
import { useCatalog } from "@/model/node-types/catalog";
import { hue } from "@/ui/hue";

type ThumbnailProps = { configuration: Record<string, unknown> };

export const Thumbnail = memo(function Thumbnail({ configuration }: ThumbnailProps) {
  const catalog = useCatalog();
  const picture = useMemo(() => pictureOf(configuration), [configuration]);
  if (!picture) return <p className="text-sm text-faint">Empty</p>;
  const placeOf = (type: string) => {
    const category = catalog.types.get(type)?.category;
    return catalog.categories.find((one) => one.name === category)?.place ?? -1;
  };
  return (
    <svg viewBox={picture.viewBox} className="h-full w-full animate-fade" aria-hidden="true">
      {picture.lines.map((line) => (
        <path key={line.id} d={line.path} fill="none" stroke="var(--line-strong)" strokeWidth={5} opacity={0.55} />
      ))}
      {picture.boxes.map((box) => (
        <g key={box.id} transform={`translate(${box.x} ${box.y})`}>
          <rect {...BOX} rx={18} fill="var(--surface)" stroke="var(--line)" strokeWidth={3} />
          <rect x={22} y={28} width={48} height={48} rx={13} fill={hue(placeOf(box.type)).color} />
          <rect x={88} y={34} width={112} height={13} rx={6} fill="var(--line-strong)" opacity={0.7} />
          <rect x={88} y={58} width={76} height={11} rx={5} fill="var(--line)" />
        </g>
      ))}
    </svg>
  );
});
