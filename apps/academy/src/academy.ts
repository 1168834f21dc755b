import type { Application } from "@statusplane/runtime";
import { fileURLToPath } from "node:url";
import { FFMPEG_VARIABLES } from "./ffmpeg/index.ts";
import { academyJobs } from "./jobs/index.ts";
import { pagesRoutes } from "./jobs/ocr/index.ts";
import { HLS_FILES } from "./jobs/video-hls/index.ts";
import { DEMO_TENANTS } from "./demo-tenants.ts";
import { MIGRATIONS } from "./migrations.ts";
import { StudentRecords, studentsRoutes } from "./students/index.ts";

/** The academy: videos and students' workbooks, the students' pages, and its web page. */
export const ACADEMY: Application<typeof FFMPEG_VARIABLES> = {
  variables: FFMPEG_VARIABLES,
  jobs: academyJobs,
  migrations: MIGRATIONS,
  routes: (fastify, { database, outputs, requireTenant }) => {
    studentsRoutes(fastify, { students: new StudentRecords(database), outputs, requireTenant });
    pagesRoutes(fastify, { outputs, requireTenant });
  },
  playable: HLS_FILES,
  demoTenants: DEMO_TENANTS,
  webRoot: fileURLToPath(new URL("../../web/dist", import.meta.url)),
};
