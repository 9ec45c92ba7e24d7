// The shape of the editor while its stack is on its way.
import { Loading, Skeleton } from "@/ui/skeleton";

export function EditorSkeleton() {
  return (
    <div className="flex h-full flex-col">
      <Loading what="the stack" />
      <div className="flex h-14 items-center gap-3 border-b border-line bg-surface px-4">
        <Skeleton className="size-7" />
        <Skeleton className="h-5 w-40" />
      </div>
      <div className="flex flex-1">
        <div className="hidden w-62 flex-col gap-2 border-r border-line bg-surface p-3 md:flex">
          {[1, 2, 3, 4, 5].map((place) => (
            <Skeleton key={place} className="h-12" />
          ))}
        </div>
        <div className="flex-1" />
      </div>
    </div>
  );
}
