// The box and its keys.
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { TooltipProvider } from "@/ui/tooltip";
import { Composer } from "./composer";

function shown(running = false) {
  localStorage.clear();
  const [onAsk, onStop, onLeave] = [vi.fn(), vi.fn(), vi.fn()];
  const view = render(
    <TooltipProvider>
      <Composer
        conversation="c"
        question=""
        last="What was it?"
        running={running}
        onAsk={onAsk}
        onStop={onStop}
        onLeave={onLeave}
      />
    </TooltipProvider>,
  );
  const box = view.getByLabelText("Your question") as HTMLTextAreaElement;
  return { ...view, box, onAsk, onStop, onLeave };
}

const type = (box: HTMLElement, value: string) => fireEvent.change(box, { target: { value } });

test("Enter sends, Shift+Enter does not", () => {
  const { box, onAsk, unmount } = shown();
  type(box, " Why? ");
  fireEvent.keyDown(box, { key: "Enter", shiftKey: true });
  expect(onAsk).not.toHaveBeenCalled();
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onAsk).toHaveBeenCalledExactlyOnceWith("Why?");
  expect(box.value).toBe("");
  unmount();
});

test("while an input method composes, Enter sends nothing", () => {
  const { box, onAsk, unmount } = shown();
  type(box, "にほん");
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  fireEvent.keyDown(box, { key: "Enter", keyCode: 229 });
  expect(onAsk).not.toHaveBeenCalled();
  unmount();
});

test("Up brings back the last question, but only into an empty box", () => {
  const { box, unmount } = shown();
  type(box, "half");
  fireEvent.keyDown(box, { key: "ArrowUp" });
  expect(box.value).toBe("half");
  type(box, "");
  fireEvent.keyDown(box, { key: "ArrowUp" });
  expect(box.value).toBe("What was it?");
  unmount();
});

test("Esc stops an answer; where there is none it leaves the box, and the text stays", () => {
  const going = shown(true);
  fireEvent.keyDown(going.box, { key: "Escape" });
  expect([going.onStop.mock.calls.length, going.onLeave.mock.calls.length]).toEqual([1, 0]);
  going.unmount();
  const quiet = shown();
  fireEvent.keyDown(quiet.box, { key: "Escape" });
  expect([quiet.onStop.mock.calls.length, quiet.onLeave.mock.calls.length]).toEqual([0, 1]);
  quiet.unmount();
});

test("a blank question is not sent", () => {
  const { box, onAsk, unmount } = shown();
  type(box, "  \n ");
  fireEvent.keyDown(box, { key: "Enter" });
  expect(onAsk).not.toHaveBeenCalled();
  expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", true);
  unmount();
});

test("more than the server takes is told, and nothing is cut", () => {
  const { box, onAsk, unmount } = shown();
  type(box, "a".repeat(70_000));
  expect(box.value).toHaveLength(70_000);
  expect(screen.getByRole("alert").textContent).toContain("70,000 characters; 60,000 can be sent");
  fireEvent.keyDown(box, { key: "Enter" });
  expect([onAsk.mock.calls.length, box.value.length]).toEqual([0, 70_000]);
  unmount();
});
