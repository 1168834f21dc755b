import type { Application } from "@statusplane/runtime";
import { fileURLToPath } from "node:url";
import { ACADEMY_VARIABLES } from "./academy-variables.ts";
import { academyJobs } from "./jobs/index.ts";
import { MESSAGE_ERRORS, providersOf } from "./jobs/message-send/index.ts";
import { pagesRoutes } from "./jobs/ocr/index.ts";
import { HLS_FILES } from "./jobs/video-hls/index.ts";
import { DEMO_TENANTS } from "./demo-tenants.ts";
import { shownSink, sinkOf } from "./mail-sink/index.ts";
import { messagesRoutes, scrubMessages } from "./messages/index.ts";
import { MIGRATIONS } from "./migrations.ts";
import { StudentRecords, studentsRoutes } from "./students/index.ts";
import { StudentViews, studentViewsRoutes } from "./viewing/index.ts";

/** The academy: videos and students' workbooks, the students' pages, and its web page. */
export const ACADEMY: Application<typeof ACADEMY_VARIABLES> = {
  variables: ACADEMY_VARIABLES,
  jobs: academyJobs,
  migrations: MIGRATIONS,
  routes: (fastify, context) => {
    const { database, outputs, requireTenant, subjectOf, values } = context;
    studentsRoutes(fastify, { students: new StudentRecords(database), outputs, requireTenant });
    const { eraseViewer } = context;
    studentViewsRoutes(fastify, { views: new StudentViews(database), eraseViewer, requireTenant });
    pagesRoutes(fastify, { outputs, requireTenant });
    const providers = providersOf(values, sinkOf(context));
    messagesRoutes(fastify, { database, providers, sink: shownSink(context), requireTenant, subjectOf });
  },
  errors: Object.values(MESSAGE_ERRORS),
  housekeeping: ({ database, values }) => scrubMessages(database, values.MESSAGE_RETENTION_DAYS),
  playable: HLS_FILES,
  demoTenants: DEMO_TENANTS,
  webRoot: fileURLToPath(new URL("../../web/dist", import.meta.url)),
};
