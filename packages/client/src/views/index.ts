/**
 * Reports which seconds of a media element were really watched, and knows what was watched before: no framework, and no
 * code of watching jobs. Imports core, and of the client only what sends and what tabs share. Data comes from the
 * element's events; it goes out as reports, one request per browser, and by `get` and `subscribe`.
 */
export {
  DEFAULT_POLICY,
  isNewerView,
  liveViewsPath,
  policyPath,
  readPolicyAnswer,
  readView,
  readViews,
  REFUSAL_REASONS,
  type AudienceBody,
  type PolicyAnswer,
  type PolicyBody,
  type RefusalReason,
  type SecondsRange,
  type View,
} from "@statusplane/core/wire";
export { ClientError } from "../client-error.ts";
export type { SharedTexts } from "./report-store.ts";
export * from "./view-reporter.ts";
export { viewsEnvironment, type ViewsEnvironment } from "./views-environment.ts";
export { secondsIn } from "./watched-seconds.ts";
