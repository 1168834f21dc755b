import type { Kind } from "../terms.ts";
import { OUTPUT_FILE_ROUTE } from "./first-wire.ts";
import type { HistoryQuery } from "./bodies.ts";
import { searchOf } from "./search.ts";
import { BATCH_ROUTE, EVENTS_ROUTE, SOCKET_ROUTE, type NamedJob } from "./watch-routes.ts";

const LISTS = { video: "/media/videos/", job: "/api/v1/jobs/" } as const satisfies Record<Kind, string>;

const ofBothKinds = <Rest extends string>(rest: Rest) =>
  ({ video: `${LISTS.video}${rest}`, job: `${LISTS.job}${rest}` }) as const;

/**
 * Every address of the platform, as routers write it; an address is the same with and without its last slash. What
 * both kinds of jobs have is there for each.
 */
export const ROUTES = {
  /** GET: history. POST: submit. */
  list: LISTS,
  detail: ofBothKinds(":id/"),
  progress: ofBothKinds(":id/progress/"),
  cancel: ofBothKinds(":id/cancel/"),
  retry: ofBothKinds(":id/retry/"),
  result: `${LISTS.job}:id/result/`,
  file: `${LISTS.job}:id/files/:name/`,
  playback: `${LISTS.video}:id/playback/`,
  outputFile: OUTPUT_FILE_ROUTE,
  batch: BATCH_ROUTE,
  events: EVENTS_ROUTE,
  socket: SOCKET_ROUTE,
  /** POST: reports. GET: the viewer's states. */
  views: "/api/v1/views/",
  /** POST: reports by grants alone. */
  viewBeacon: "/api/v1/views/beacon/",
  /** DELETE: takes away the viewer's own grants. */
  ownGrants: "/api/v1/views/grants/",
  /** DELETE: takes away a viewer's grants. */
  viewerGrants: "/api/v1/views/grants/:viewer/",
  /** GET: whoever reported lately. */
  liveViews: "/api/v1/views/live/",
  /** GET, PUT, DELETE: the tenant's. */
  tenantPolicy: "/api/v1/views/policy/",
  /** GET: the viewer's state. */
  view: "/api/v1/views/:id/",
  /** GET, PUT, DELETE: the video's. */
  policy: "/api/v1/views/:id/policy/",
  jobTypes: "/api/v1/job-types/",
  watchToken: "/api/v1/watch-token/",
  demo: "/api/v1/demo/",
  demoSignIn: "/api/v1/demo/sign-in/",
} as const;

/**
 * An address with its parameters in place.
 * @param base what stands before every address where the platform is mounted, without a slash at its end.
 */
export function pathOf(route: string, parameters: Readonly<Record<string, string>>, base = ""): string {
  const filled = route.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
  return base + filled;
}

/** Where a kind's jobs are submitted, and their history is read. */
export function listPath(kind: Kind, base = ""): string {
  return base + ROUTES.list[kind];
}

/** The record: also the `Location` of a submit. */
export function detailPath({ kind, id }: NamedJob, base = ""): string {
  return pathOf(ROUTES.detail[kind], { id }, base);
}

/** The newest snapshot. */
export function progressPath({ kind, id }: NamedJob, base = ""): string {
  return pathOf(ROUTES.progress[kind], { id }, base);
}

/** Where a job's end is asked for. */
export function cancelPath({ kind, id }: NamedJob, base = ""): string {
  return pathOf(ROUTES.cancel[kind], { id }, base);
}

/** Where a new attempt is asked for. */
export function retryPath({ kind, id }: NamedJob, base = ""): string {
  return pathOf(ROUTES.retry[kind], { id }, base);
}

/** A job's result that is too large for its snapshot. */
export function resultPath(id: string, base = ""): string {
  return pathOf(ROUTES.result, { id }, base);
}

/** A file that a job declared. */
export function filePath(id: string, name: string, base = ""): string {
  return pathOf(ROUTES.file, { id, name }, base);
}

/** Where a video's signed addresses are asked for. */
export function playbackPath(id: string, base = ""): string {
  return pathOf(ROUTES.playback, { id }, base);
}

/** The viewer's state of a video. */
export function viewPath(id: string, base = ""): string {
  return pathOf(ROUTES.view, { id }, base);
}

/** The viewer's states of these videos, at most {@link MAX_REFS}. */
export function viewsPath(ids: readonly string[], base = ""): string {
  return base + ROUTES.views + searchOf({ videos: ids.map(encodeURIComponent).join(",") }, (text) => text);
}

/**
 * The policy of a video, null: of the tenant.
 * @param attendedPercent asks what a change to it would decide.
 */
export function policyPath(id: string | null, base = "", attendedPercent?: number): string {
  const path = id === null ? base + ROUTES.tenantPolicy : pathOf(ROUTES.policy, { id }, base);
  return path + searchOf({ attended_percent: attendedPercent });
}

/** Whoever reported of these videos since that cursor. */
export function liveViewsPath(ids: readonly string[], since: string | null, base = ""): string {
  const query = { videos: ids.map(encodeURIComponent).join(","), since };
  return base + ROUTES.liveViews + searchOf(query, (text) => text);
}

/** A file of a signed attempt. */
export function outputFilePath(signature: string, file: string, base = ""): string {
  return pathOf(ROUTES.outputFile, { signature, file }, base);
}

/** A page of a kind's records. */
export function historyPath(kind: Kind, query: HistoryQuery, base = ""): string {
  return listPath(kind, base) + searchOf({ ...query });
}
