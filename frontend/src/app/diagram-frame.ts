// Mermaid, in a frame of its own: it writes inline styles, which the policy of the pages forbids. It may fetch nothing.
import mermaid from "mermaid";

const LONGEST = 30_000; // characters
const FONT = 'Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

type Request = { id: number; source: string; dark: boolean };

let last = Promise.resolve();

window.addEventListener("message", (message: MessageEvent<Request>) => {
  if (message.origin !== location.origin) return;
  const { id, source, dark } = message.data;
  last = last.then(async () => {
    const reply = await draw(`diagram-${id}`, source, dark);
    window.parent.postMessage({ id, ...reply }, location.origin);
  });
});

async function draw(name: string, source: string, dark: boolean): Promise<{ svg: string } | { error: string }> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme: dark ? "dark" : "neutral",
    fontFamily: FONT,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    maxTextSize: LONGEST,
    secure: [
      "secure",
      "securityLevel",
      "startOnLoad",
      "maxTextSize",
      "maxEdges",
      "suppressErrorRendering",
      "htmlLabels",
    ],
  });
  try {
    const { svg } = await mermaid.render(name, source);
    return { svg };
  } catch (error) {
    document.body.replaceChildren();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
