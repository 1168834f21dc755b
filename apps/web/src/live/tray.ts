import { isEnded, isSuccess, watchKey, type WatchedJob, type WatchRef } from "@statusplane/client";
import type { ReactNode } from "react";
import { viewOf } from "../job-types/index.ts";
import { markOf } from "./hidden-jobs.ts";
import type { TextAndFormat } from "../text/index.ts";

/** What the tray is divided into, from the top. */
export const GROUPS = ["uploading", "running", "queued", "attention", "finished"] as const;
export type Group = (typeof GROUPS)[number];

/** A file on its way, as whoever sends it shows it. */
export interface TrayUpload {
  /** Stays the card's when the upload becomes a job. */
  readonly key: string;
  readonly phase: string;
  /** Waits to be sent, or is sent. */
  readonly isMoving: boolean;
  readonly card: ReactNode;
}

/** A job that was handed in on this page. */
export interface OwnJob {
  /** The key of the upload that it was. */
  readonly key: string;
  readonly ref: WatchRef;
  /** As it was handed in: shown until its first snapshot tells it. */
  readonly title: string;
  /** Just taken: whether it has to wait for its turn will be seen in a moment. */
  readonly isFresh: boolean;
  /** The live list has told of it, and tells when it is no more to be shown. */
  readonly isListed: boolean;
}

/** One card. */
export interface TrayItem {
  /** The same from the first byte sent to the last thing that is said of the job. */
  readonly key: string;
  readonly group: Group;
  readonly content:
    | { readonly upload: TrayUpload }
    /** `isFilling`: it has succeeded before somebody's eyes, and its bar is on its way to the end. */
    | { readonly job: WatchedJob; readonly isFilling: boolean };
}

export interface TrayContent {
  readonly uploads: readonly TrayUpload[];
  /** In the order in which they were handed in. */
  readonly own: readonly OwnJob[];
  readonly jobs: readonly WatchedJob[];
  /** Marks of the jobs whose bar has come to its end. */
  readonly filled: ReadonlySet<string>;
  readonly text: TextAndFormat;
}

/**
 * Puts every card into its group and keeps it at its place there. What was begun on this page comes first, each as it
 * was added; then what others have begun, each as it was found. Uploads and running jobs are one row of cards in that
 * order, so that nothing moves when one becomes the other. What has ended stands by its end, the last one first.
 */
export class Tray {
  readonly #ranks = new Map<string, number>();
  /** Marks of the jobs that were at work here. */
  readonly #seenAtWork = new Set<string>();

  arrange({ uploads, own, jobs, filled, text }: TrayContent): readonly TrayItem[] {
    const ownByRef = new Map(own.map((job) => [watchKey(job.ref), job]));
    const keyOf = (job: WatchedJob): string => ownByRef.get(watchKey(job.ref))?.key ?? watchKey(job.ref);
    const taken = new Set(own.map(({ key }) => key));
    const uploading = uploads
      .filter(({ key }) => !taken.has(key))
      .map((upload): TrayItem => {
        return { key: upload.key, group: upload.isMoving ? "uploading" : "attention", content: { upload } };
      });
    const working = jobs.map((job): TrayItem => {
      const isFresh = ownByRef.get(watchKey(job.ref))?.isFresh ?? false;
      const isFilling = this.#isFilling(job, filled);
      const group = isFilling ? "running" : groupOf(job, isFresh, text);
      return { key: keyOf(job), group, content: { job, isFilling } };
    });
    const begunHere = new Set([...uploads, ...own].map(({ key }) => key));
    this.#rank(
      [...begunHere],
      jobs.map((job) => ({ job, key: keyOf(job) })),
    );
    return [...uploading, ...working].toSorted((a, b) => this.#compare(a, b, begunHere));
  }

  #isFilling(job: WatchedJob, filled: ReadonlySet<string>): boolean {
    if (job.status === "PROCESSING") this.#seenAtWork.add(markOf(job));
    return isSuccess(job) && this.#seenAtWork.has(markOf(job)) && !filled.has(markOf(job));
  }

  #rank(begunHere: readonly string[], found: readonly { readonly job: WatchedJob; readonly key: string }[]) {
    const oldestFirst = found.toSorted((a, b) => compareAge(a.job.ref, b.job.ref)).map(({ key }) => key);
    for (const key of [...begunHere, ...oldestFirst]) {
      if (!this.#ranks.has(key)) this.#ranks.set(key, this.#ranks.size);
    }
  }

  #compare(a: TrayItem, b: TrayItem, begunHere: ReadonlySet<string>): number {
    const byRow = rowOf(a.group) - rowOf(b.group);
    if (byRow !== 0) return byRow;
    const byEnd = isOver(a.group) ? endMs(b) - endMs(a) : 0;
    if (byEnd !== 0 && !Number.isNaN(byEnd)) return byEnd;
    const byWhose = Number(begunHere.has(b.key)) - Number(begunHere.has(a.key));
    return byWhose !== 0 ? byWhose : (this.#ranks.get(a.key) ?? 0) - (this.#ranks.get(b.key) ?? 0);
  }
}

/** Which of the rows of cards, from the top: uploads and running jobs share one. */
export function rowOf(group: Group): number {
  return Math.max(1, GROUPS.indexOf(group));
}

function groupOf(job: WatchedJob, isFresh: boolean, text: TextAndFormat): Group {
  if (!isEnded(job)) {
    if (job.status !== "PENDING") return "running";
    return isFresh ? "uploading" : "queued";
  }
  if (job.gone || job.status === "FAILED") return "attention";
  const outcome = isSuccess(job) ? (viewOf(job).outcome?.(job.result, text) ?? null) : null;
  return outcome === null || outcome.tone === "good" ? "finished" : "attention";
}

const isOver = (group: Group): boolean => group === "attention" || group === "finished";

/** A file that was not taken has no end that anybody wrote down: it stands above those that have. */
function endMs({ content }: TrayItem): number {
  return "job" in content && content.job.updatedAt !== null ? Date.parse(content.job.updatedAt) : Infinity;
}

/** Videos are numbered, the ids of other jobs begin with the time of their submission: the same on every device. */
function compareAge(a: WatchRef, b: WatchRef): number {
  if (a.kind !== b.kind) return a.kind === "video" ? -1 : 1;
  return a.id.localeCompare(b.id, "en", { numeric: a.kind === "video" });
}
