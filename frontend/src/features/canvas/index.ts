// What the editor uses of the canvas.
export * as act from "./actions";
export { Canvas } from "./canvas";
export { setCanvasState, useCanvasState } from "./canvas-state";
export { listen, shortcuts } from "./keys";
export { KeysOverlay } from "./keys-overlay";
export { LiveRegion } from "./live-region";
export { AddPalette } from "./palettes";
