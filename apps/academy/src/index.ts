/**
 * The product for whoever composes a program of their own from it, such as the drills: the same roles and settings, with
 * other job types beside the academy's.
 */
export { ConfigError, readConfig, type Config, type Role } from "./config/config.ts";
export { createCollector, folderPaths, type Collected } from "./files/index.ts";
export {
  ACADEMY_JOBS,
  defineJobTypes,
  jobTypeNames,
  type CatalogueEntry,
  type JobCatalogue,
  type JobDependencies,
} from "./jobs/job-types.ts";
export { runProgram } from "./program/run-program.ts";
