/** The product for whoever runs it with more beside its own, such as the drills. */
export { ACADEMY } from "./academy.ts";
export { academyJobs } from "./jobs/index.ts";
