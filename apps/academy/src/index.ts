/** The product for whoever runs it with more beside its own, such as the drills. */
export { ACADEMY } from "./academy.ts";
export { academyJobs } from "./jobs/index.ts";
export { MESSAGE_POINTS, type MessagePointName } from "./jobs/message-send/index.ts";
