/**
 * The product with the drills' job type beside the academy's: `node drills/dist/main.js --role ROLE`. The same composition root,
 * settings and roles; only what there is to run is more.
 */
import { ACADEMY_JOBS, ConfigError, readConfig, runProgram } from "@statusplane/academy";
import { withDrillJob } from "./drill-job.ts";
import { takeCrashRequests } from "./take-crash-requests.ts";

const crashes = process.env["DRILL_CRASHES"];
if (crashes !== undefined) takeCrashRequests(crashes);
try {
  await runProgram(readConfig(process.argv[3] ?? "all", process.env), withDrillJob(ACADEMY_JOBS));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
