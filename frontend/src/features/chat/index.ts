// What the pages use of the chat: the page, and the same thing over the canvas.
export { ChatPage } from "./page";
export { ChatPanel } from "./panel";
