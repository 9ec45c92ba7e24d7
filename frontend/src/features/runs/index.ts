// What the editor uses of the runs.
export { Inspector } from "./inspector";
export { RUN_STATUSES, RunList } from "./list";
