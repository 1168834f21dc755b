// by its path: scripts use this package before anything is built
export { eventually } from "../../../packages/core/testing/eventually.ts";
