// What is shown at an address that is none, and when a page broke.
import { Compass, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Link } from "@/ui/router";

const ENTRY = import.meta.url;

export function Lost() {
  return (
    <main className="py-16">
      <Empty
        icon={Compass}
        title="This page does not exist"
        actions={
          <Button asChild variant="primary">
            <Link to="/stacks">My stacks</Link>
          </Button>
        }
      >
        It may have been deleted, or the link is incomplete.
      </Empty>
    </main>
  );
}

const UNLOADED = /dynamically imported module|Importing a module|module script/;

/** Whether the server hands out other pages than the ones that are open. */
async function isOutdated(): Promise<boolean> {
  try {
    const response = await fetch("/", { cache: "no-store" });
    return response.ok && !(await response.text()).includes(new URL(ENTRY).pathname);
  } catch {
    return false;
  }
}

export function PageError({ error }: { error: unknown }) {
  const unloaded = error instanceof Error && UNLOADED.test(error.message);
  const [outdated, setOutdated] = useState(false);
  useEffect(() => {
    if (unloaded) void isOutdated().then(setOutdated);
  }, [unloaded]);
  const title = outdated
    ? "A new version is available"
    : unloaded
      ? "This page could not be loaded"
      : "Something went wrong on this page";
  return (
    <main className="py-16">
      <Empty
        icon={TriangleAlert}
        title={title}
        actions={
          <>
            <Button variant="primary" onClick={() => location.reload()}>
              Reload
            </Button>
            <Button asChild>
              <a href="/stacks">My stacks</a>
            </Button>
          </>
        }
      >
        {outdated
          ? "The server has been updated since this page was opened. Reload to use the new version. Your work is saved."
          : unloaded
            ? "The server cannot be reached. Check the connection, then reload."
            : error instanceof Error
              ? error.message
              : "Reload the page."}
      </Empty>
    </main>
  );
}
