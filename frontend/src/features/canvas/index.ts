// What the editor uses of the canvas.
export * as act from "./actions";
export { Canvas } from "./canvas";
export { listen, shortcuts } from "./keys";
export { KeysOverlay } from "./keys-overlay";
export { LiveRegion } from "./live-region";
export { moment, useMoment } from "./moment";
export { AddPalette } from "./palettes";
