// Every query and mutation, by noun.
export * from "./credentials";
export * from "./documents";
export * from "./knowledge-bases";
export * from "./node-types";
export * from "./runs";
export * from "./server";
export * from "./sessions";
export * from "./workflows";
