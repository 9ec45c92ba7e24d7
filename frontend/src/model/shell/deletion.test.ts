// Deletions wait, are undone, or end in a message.
import { act, cleanup, render, screen } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Toasts } from "@/ui/toast";
import { TooltipProvider } from "@/ui/tooltip";
import { deleteWithUndo, useDeleting } from "./deletion";

const remove = vi.fn(async (_keepalive: boolean) => {});
const isHidden = (id: string) => useDeleting.getState().ids.has(id);

beforeEach(() => {
  vi.useFakeTimers();
  remove.mockReset();
  render(createElement(TooltipProvider, null, createElement(Toasts)));
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test("a deletion hides at once and is sent after its delay", async () => {
  act(() => deleteWithUndo({ id: "a", message: "Deleted “A”.", remove, delay: 1000 }));
  expect(isHidden("a")).toBe(true);
  expect(remove).not.toHaveBeenCalled();
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect(remove).toHaveBeenCalledExactlyOnceWith(false);
  expect(isHidden("a")).toBe(false);
});

test("Undo keeps it, and nothing is sent", async () => {
  const onUndo = vi.fn();
  act(() => deleteWithUndo({ id: "b", message: "Deleted “B”.", remove, onUndo, delay: 1000 }));
  act(() => screen.getByRole("button", { name: "Undo" }).click());
  expect(isHidden("b")).toBe(false);
  expect(onUndo).toHaveBeenCalledOnce();
  await act(() => vi.advanceTimersByTimeAsync(2000));
  expect(remove).not.toHaveBeenCalled();
});

test("leaving the page sends what is pending", async () => {
  act(() => deleteWithUndo({ id: "c", message: "Deleted “C”.", remove, delay: 1000 }));
  await act(async () => void window.dispatchEvent(new Event("pagehide")));
  expect(remove).toHaveBeenCalledExactlyOnceWith(true);
  await act(() => vi.advanceTimersByTimeAsync(2000));
  expect(remove).toHaveBeenCalledOnce();
});

test("a deletion that fails shows it again and says why", async () => {
  remove.mockRejectedValueOnce(new Error("The server cannot be reached."));
  act(() => deleteWithUndo({ id: "d", message: "Deleted “D”.", remove, delay: 1000 }));
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect(isHidden("d")).toBe(false);
  expect(screen.getByText("The server cannot be reached.")).toBeTruthy();
});
