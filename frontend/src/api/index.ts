// What the layers above use of the API.
export { call, download, isPassing, send, upload } from "./client";
export { Problem, sentenceOf, Unreachable } from "./problem";
export * as queries from "./queries";
export { queryClient } from "./query-client";
export { type Connection, type Conversation, followRun, talk, useConnection } from "./socket";
export { giveToken, useTokenPrompt } from "./token";
export type * from "./types";
