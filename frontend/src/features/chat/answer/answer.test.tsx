// Answers are drawn without doing anything: no HTML, no pictures, no addresses that run.
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { TooltipProvider } from "@/ui/tooltip";
import Answer from "./answer";

const SOURCE = { document_id: "d", filename: "a.pdf", page: 2, score: 0.5, text: "A passage." };

function drawn(text: string, writing = false) {
  const { container } = render(
    <TooltipProvider>
      <Answer text={text} writing={writing} sources={[SOURCE]} />
    </TooltipProvider>,
  );
  return container;
}

test("HTML stays inert, and nothing is fetched", () => {
  const page = drawn(
    '<script>alert(1)</script><img src="https://e.org/x.png" onerror="alert(1)">\n\n<iframe src="//e.org"></iframe>\n\n![a cat](https://e.org/cat.png)',
  );
  expect(page.querySelector("script, img, iframe, [onerror]")).toBeNull();
  expect(page.querySelector("a")?.textContent).toContain("a cat");
});

test("links open elsewhere and know nothing of this page; those that run are none", () => {
  const page = drawn("[good](https://e.org) [bad](javascript:alert(1))");
  const [good, bad] = page.querySelectorAll("a");
  expect([good?.target, good?.rel.includes("noopener")]).toEqual(["_blank", true]);
  expect(bad?.getAttribute("href") ?? "").not.toContain("javascript");
});

test("tables and code are drawn, code with a button to copy it", () => {
  const page = drawn("| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```");
  expect(page.querySelectorAll("td")).toHaveLength(2);
  expect(page.querySelector("pre")?.textContent).toContain("x = 1");
  expect(page.querySelector('button[aria-label="Copy the code"]')).not.toBeNull();
});

test("a mark of a source is a button that names it", () => {
  expect(drawn("So it is [1].").querySelector('button[aria-label="Source 1: a.pdf, page 2"]')).not.toBeNull();
});

test("at no moment of writing are marks seen that will be emphasis, code or a link", () => {
  const whole =
    "It is **very important** to *read* `the code` and [the page](https://e.org/a).\n\n- one **bold**\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
  for (let end = 1; end <= whole.length; end += 1) {
    const seen = drawn(whole.slice(0, end), true).textContent ?? "";
    expect([end, /\*|`|\[|\]\(|\|/.test(seen)]).toEqual([end, false]);
  }
});
