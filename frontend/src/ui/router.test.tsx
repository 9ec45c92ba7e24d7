// Addresses, as links and the browser's Back have them.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fits, Link, navigate, Router, redirected, useParams, useSearchParams } from "./router";

const Home = () => <Link to="/stacks/one?node=a">open</Link>;
function Stack() {
  const [search, setSearch] = useSearchParams();
  return (
    <button type="button" onClick={() => setSearch({ node: search.get("node") ?? "", run: "r" }, { replace: true })}>
      {useParams()["id"]} {search.toString()}
    </button>
  );
}
function Bad(): never {
  throw new Error("broke");
}
const routes = [
  { path: "/", page: Home },
  { path: "/stacks/:id", page: Stack },
  { path: "/bad", page: Bad },
];

beforeEach(() => {
  history.replaceState(null, "", "/");
  window.scrollTo = () => {};
});
afterEach(cleanup);

const shown = () => render(<Router routes={routes} lost="lost" broken={(error) => (error as Error).message} />);

test("a path fits a pattern, with the values in it", () => {
  expect(fits("/stacks/:id", "/stacks/a%20b")).toEqual({ id: "a b" });
  expect(fits("/documents/:id?", "/documents")).toEqual({ id: undefined });
  expect(fits("/documents/:id?", "/documents/7/")).toEqual({ id: "7" });
  expect(fits("/stacks/:id", "/stacks/a/b")).toBeNull();
  expect(fits("/stacks/:id", "/stacks/%E0%A4%A")).toBeNull();
});

test("a link opens its page without loading anew, and its search can be changed in place", async () => {
  shown();
  await act(async () => void fireEvent.click(screen.getByText("open")));
  expect(screen.getByRole("button").textContent).toBe("one node=a");
  const steps = history.length;
  fireEvent.click(screen.getByRole("button"));
  expect(screen.getByRole("button").textContent).toBe("one node=a&run=r");
  expect(history.length).toBe(steps);
});

test("an address that is none says so, and a page that breaks does not take the others with it", async () => {
  shown();
  await act(async () => navigate("/nowhere"));
  expect(screen.getByText("lost")).toBeTruthy();
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {}); // React tells of every error that is caught
  await act(async () => navigate("/bad"));
  quiet.mockRestore();
  expect(screen.getByText("broke")).toBeTruthy();
  await act(async () => navigate("/"));
  expect(screen.getByText("open")).toBeTruthy();
});

test("a click with a key held is the browser's own", () => {
  shown();
  const event = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: true, button: 0 });
  window.addEventListener("click", (given) => given.preventDefault(), { once: true });
  screen.getByText("open").dispatchEvent(event);
  expect(location.pathname).toBe("/");
});

test("an address of before leads to the one of today, with its values and what stands after the “?”", async () => {
  const redirects = { "/": "/stacks", "/documents/:document": "/knowledge?document=:document" };
  expect(redirected(redirects, { path: "/documents/7", search: "?base=b" })).toBe("/knowledge?document=7&base=b");
  expect(redirected(redirects, { path: "/stacks", search: "" })).toBeNull();
  render(<Router routes={routes} redirects={{ "/old/:id": "/stacks/:id" }} lost="lost" broken={() => null} />);
  await act(async () => navigate("/old/one?node=a"));
  expect(location.pathname + location.search).toBe("/stacks/one?node=a");
  expect(screen.getByRole("button").textContent).toBe("one node=a");
});
