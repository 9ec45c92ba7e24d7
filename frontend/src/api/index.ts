// What the floors above use of the API.
export * as about from "./about";
export { call, isPassing, send, upload } from "./client";
export { Problem, sentenceOf, Unreachable } from "./problem";
export * as ask from "./queries";
export { queries } from "./queries";
export { type Connection, type Conversation, followRun, talk, useConnection } from "./socket";
export { giveToken, useTokenPrompt } from "./token";
export type * from "./types";
