/**
 * What the page adds for the job types that it knows: a folder for each, named like the type, whose index.ts exports a
 * `JobTypeView`. A folder is found by being there; a type without one is shown by what the server says of it.
 * May import browser, download, pages, text and ui; job, live, history, upload and app import this folder.
 */
import type { WatchedJob } from "@statusplane/client";
import { GenericResult } from "./generic-result.tsx";
import type { JobTypeView } from "./job-type-view.ts";

export type { JobTypeView, OutcomeFace, UploadView } from "./job-type-view.ts";

const folders = import.meta.glob<JobTypeView>("./*/index.ts", { eager: true, import: "view" });

/** With everything that a card cannot do without. */
type ShownView = Omit<JobTypeView, "type"> & Required<Pick<JobTypeView, "icon" | "Result">>;

/** The job types that have a folder, in the order of their names. */
export const JOB_TYPE_VIEWS: readonly JobTypeView[] = Object.values(folders);

/** How a job is shown: by its type's folder; a kind `video` has one type and does not name it. */
export function viewOf({ ref, jobType }: Pick<WatchedJob, "ref" | "jobType">): ShownView {
  const known = JOB_TYPE_VIEWS.find(({ type, kind }) =>
    jobType === null ? ref.kind === "video" && kind === "video" : type === jobType,
  );
  return shownView(known ?? { kind: ref.kind });
}

/** What a type leaves out is shown as for a type without a folder. */
export function shownView(view: Omit<JobTypeView, "type">): ShownView {
  return { icon: "gear", Result: GenericResult, ...view };
}
