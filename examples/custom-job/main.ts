import { runStatusplane } from "@statusplane/runtime";
import { wordCountJob } from "./jobs/word-count/word-count-job.ts";

await runStatusplane({
  jobs: [
    wordCountJob, // a new job type: its folder, and a line here
  ],
  demoTenants: [{ tenant: "demo", name: "Demo" }],
});
