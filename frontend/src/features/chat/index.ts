// What the editor uses of the chat.
export { ChatPanel } from "./panel";
