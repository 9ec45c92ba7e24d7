// What is shown at an address that is none, and when a page broke.
import { Compass, TriangleAlert } from "lucide-react";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Link } from "@/ui/router";

export function Lost() {
  return (
    <main className="py-16">
      <Empty
        icon={Compass}
        title="There is nothing at this address"
        actions={
          <Button asChild variant="primary">
            <Link to="/stacks">My stacks</Link>
          </Button>
        }
      >
        It may have been deleted, or the link is not whole.
      </Empty>
    </main>
  );
}

export function PageError({ error }: { error: unknown }) {
  const outdated = error instanceof Error && /dynamically imported module|Importing a module/.test(error.message);
  return (
    <main className="py-16">
      <Empty
        icon={TriangleAlert}
        title={outdated ? "A new version is there" : "This page broke"}
        actions={
          <>
            <Button variant="primary" onClick={() => location.reload()}>
              Load again
            </Button>
            <Button asChild>
              <a href="/stacks">My stacks</a>
            </Button>
          </>
        }
      >
        {outdated
          ? "The server has been updated since this page was opened. Your work is saved."
          : error instanceof Error
            ? error.message
            : "Load it again."}
      </Empty>
    </main>
  );
}
