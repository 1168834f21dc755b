/**
 * The product with the drills' job types beside the academy's: `node drills/dist/main.js --role ROLE`. The same program,
 * settings and roles; only what there is to run is more.
 */
import { ACADEMY, academyJobs } from "@statusplane/academy";
import { runStatusplane } from "@statusplane/runtime";
import { DRILL_JOBS } from "./drill-job.ts";
import { takeCrashRequests } from "./take-crash-requests.ts";

const crashes = process.env["DRILL_CRASHES"];
if (crashes !== undefined) takeCrashRequests(crashes);
await runStatusplane({ ...ACADEMY, jobs: (context) => [...academyJobs(context), ...DRILL_JOBS] });
