// The frame in which Mermaid draws: made with the first diagram, asked by messages, kept.

export type Drawing = { svg: string } | { error: string };

const PATH = "/diagram.html";
const waiting = new Map<number, (drawing: Drawing) => void>();
let frame: Promise<Window> | null = null;
let latest = 0;

export async function drawDiagram(source: string, dark: boolean): Promise<Drawing> {
  frame ??= open();
  const target = await frame;
  latest += 1;
  const id = latest;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    target.postMessage({ id, source, dark }, location.origin);
  });
}

function open(): Promise<Window> {
  const element = document.createElement("iframe");
  element.src = PATH;
  element.title = "Diagrams";
  element.tabIndex = -1;
  element.setAttribute("aria-hidden", "true");
  element.className = "diagram-frame";
  window.addEventListener("message", (message: MessageEvent<Drawing & { id: number }>) => {
    if (message.source !== element.contentWindow || message.origin !== location.origin) return;
    waiting.get(message.data.id)?.(message.data);
    waiting.delete(message.data.id);
  });
  return new Promise((resolve) => {
    element.addEventListener("load", () => resolve(element.contentWindow as Window), { once: true });
    document.body.append(element);
  });
}
