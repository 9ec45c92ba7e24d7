// Over the list of stacks: search, order, view, import, a new one.
import { useQuery } from "@tanstack/react-query";
import { LayoutGrid, List, Plus, Search, Upload, X } from "lucide-react";
import { useRef } from "react";
import { queries } from "@/api";
import { Button, IconButton } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { SORTS, type StacksView } from "./view";

type ToolbarProps = {
  view: StacksView;
  busy: boolean;
  onNew: () => void;
  onFiles: (files: FileList | null) => Promise<void>;
};

export function Toolbar({ view, busy, onNew, onFiles }: ToolbarProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div className="mb-6 flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-auto text-2xl font-semibold tracking-tight">My stacks</h1>
        <Button className="h-9" disabled={busy} onClick={() => picker.current?.click()}>
          <Upload aria-hidden />
          Import
        </Button>
        <Button variant="primary" className="h-9" disabled={busy} onClick={onNew}>
          <Plus aria-hidden />
          New stack
        </Button>
        <input
          ref={picker}
          type="file"
          accept=".json,.zip,application/json,application/zip"
          multiple
          hidden
          aria-label="Import stacks from files"
          onChange={(event) => {
            void onFiles(event.target.files).then(() => {
              if (picker.current) picker.current.value = "";
            });
          }}
        />
      </div>
      <Filters view={view} />
    </div>
  );
}

function Filters({ view }: { view: StacksView }) {
  const tags = useQuery(queries.workflowTags()).data?.items ?? [];
  const isGrid = view.view === "grid";
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="relative min-w-0 flex-1 basis-56 sm:max-w-sm">
        <Search
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
          aria-hidden
        />
        <Input
          type="search"
          aria-label="Search stacks"
          placeholder="Search stacks"
          className="pl-9"
          value={view.words}
          onChange={(event) => view.setWords(event.target.value)}
        />
      </div>
      {tags.length || view.tag ? (
        <div className="w-[8.25rem] sm:w-36">
          <Select aria-label="Tag" value={view.tag} onChange={(event) => view.setTag(event.target.value)}>
            <option value="">All tags</option>
            {view.tag && !tags.some(({ tag }) => tag === view.tag) ? <option>{view.tag}</option> : null}
            {tags.map(({ tag, count }) => (
              <option key={tag} value={tag}>
                {tag} ({count})
              </option>
            ))}
          </Select>
        </div>
      ) : null}
      {view.tag ? (
        <IconButton label="Show all tags" onClick={() => view.setTag("")}>
          <X />
        </IconButton>
      ) : null}
      <div className="w-[8.25rem] sm:w-36">
        <Select aria-label="Sort by" value={view.sort} onChange={(event) => view.setSort(event.target.value)}>
          {Object.entries(SORTS).map(([sort, title]) => (
            <option key={sort} value={sort}>
              {title}
            </option>
          ))}
        </Select>
      </div>
      <fieldset className="flex gap-0.5">
        <legend className="sr-only">View</legend>
        <IconButton label="Grid" pressed={isGrid} onClick={() => view.setView("grid")}>
          <LayoutGrid />
        </IconButton>
        <IconButton label="List" pressed={!isGrid} onClick={() => view.setView("list")}>
          <List />
        </IconButton>
      </fieldset>
    </div>
  );
}
