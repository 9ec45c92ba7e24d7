// An empty canvas: how to begin, and templates to begin from.
import { useQuery } from "@tanstack/react-query";
import { queries } from "@/api";
import { readConfiguration } from "@/model/graph/shape";
import { canEdit, edit, useStack } from "@/model/graph/store";
import { Button } from "@/ui/button";

export function EmptyCanvas() {
  const empty = useStack((state) => state.graph.nodes.length === 0);
  const templates = useQuery({ ...queries.templates(), enabled: empty });
  if (!empty || !canEdit()) return null;
  const use = (configuration: Record<string, unknown>) => {
    const { nodes, edges } = readConfiguration(configuration);
    edit((graph) => ({ ...graph, nodes, edges }));
  };
  return (
    <div className="pointer-events-none absolute inset-0 z-10 grid place-items-center p-6 text-center">
      <div className="max-w-sm">
        <p className="text-lg font-semibold">An empty canvas</p>
        <p className="mt-1 text-muted">
          Drag a component here from the library, or press <kbd className="font-sans font-semibold text-ink">/</kbd>. A
          stack starts with a User Query and ends with an Output.
        </p>
        {templates.data?.items.length ? (
          <section aria-label="Templates" className="pointer-events-auto mt-5">
            <h2 className="mb-2 text-sm font-medium text-muted">Or start from a template</h2>
            <ul className="flex flex-wrap justify-center gap-2">
              {templates.data.items.map((template) => (
                <li key={template.id}>
                  <Button title={template.promise} onClick={() => use(template.configuration)}>
                    {template.name}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </div>
  );
}
