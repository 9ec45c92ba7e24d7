// A part of a page that cannot be fetched is tried again in its own place.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { part } from "./part";

const Hello = ({ name }: { name: string }) => <p>Hello {name}</p>;
afterEach(cleanup);

test("a part shows its fallback until it is there", async () => {
  const Part = part(async () => Hello);
  render(<Part name="you" fallback={<p>Soon</p>} />);
  expect(screen.getByText("Soon")).toBeTruthy();
  expect(await screen.findByText("Hello you")).toBeTruthy();
});

test("a part that was preloaded is there at once", async () => {
  const Part = part(async () => Hello);
  await act(async () => Part.preload());
  render(<Part name="you" />);
  expect(screen.getByText("Hello you")).toBeTruthy();
});

test("a failed part says so, leaves the rest alone, and comes with the next try", async () => {
  const fetch = vi.fn<() => Promise<typeof Hello>>().mockRejectedValueOnce(new TypeError("offline"));
  fetch.mockResolvedValue(Hello);
  const Part = part(fetch, []);
  render(
    <>
      <p>The rest</p>
      <Part name="you" />
    </>,
  );
  fireEvent.click(await screen.findByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Hello you")).toBeTruthy();
  expect(screen.getByText("The rest")).toBeTruthy();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("a failed part comes by itself when the network is back", async () => {
  const fetch = vi.fn<() => Promise<typeof Hello>>().mockRejectedValueOnce(new TypeError("offline"));
  fetch.mockResolvedValue(Hello);
  const Part = part(fetch, []);
  render(<Part name="you" />);
  await screen.findByRole("alert");
  await act(async () => void window.dispatchEvent(new Event("online")));
  expect(await screen.findByText("Hello you")).toBeTruthy();
});
