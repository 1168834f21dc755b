import {
  isRetryable,
  type JobTypeInfo,
  type Status,
  type WatchedJob,
  type WatchedStep,
} from "@statusplane/client";
import { useJobTypes } from "@statusplane/client/react";
import { lookUp, useFormat, type TextAndFormat } from "../text/index.ts";

/** A job as far as its type goes: a watched one, or a record. */
type OfType = Pick<WatchedJob, "ref" | "jobType">;
type Ended = Pick<WatchedJob, "errorCode"> & { readonly status: Status | "UNKNOWN" };

const UUID_V7 = /^([0-9a-f]{8})-?([0-9a-f]{4})-?7[0-9a-f]{3}/;

/** When an id was minted, ISO 8601: a UUID v7 begins with its Unix ms. Null for other ids. */
export function mintedAt(id: string): string | null {
  const match = UUID_V7.exec(id);
  return match === null ? null : new Date(Number.parseInt(`${match[1]}${match[2]}`, 16)).toISOString();
}

/** What is said of jobs, in the language of now: job types, steps and their errors as the server calls them. */
export class JobWords {
  readonly #text: TextAndFormat;
  readonly #jobTypes: readonly JobTypeInfo[];

  constructor(text: TextAndFormat, jobTypes: readonly JobTypeInfo[]) {
    this.#text = text;
    this.#jobTypes = jobTypes;
  }

  /** The job's type, once it is known; a kind `video` has one type and does not name it. */
  typeOf({ ref, jobType }: OfType): JobTypeInfo | undefined {
    return this.#jobTypes.find((each) =>
      jobType === null ? ref.kind === "video" && each.kind === "video" : each.jobType === jobType,
    );
  }

  /** What its type is called. */
  type(job: OfType): string {
    return this.typeOf(job)?.label[this.#text.language] ?? this.#text.messages.job.otherType;
  }

  /** What a job is called. */
  name(job: OfType & Pick<WatchedJob, "title">): string {
    return job.title ?? this.untitled(job);
  }

  /** What a job is called where nobody has named it: its type, and when it was received, else its id. */
  untitled(job: OfType): string {
    const minted = mintedAt(job.ref.id);
    if (minted === null) return `${this.type(job)} ${job.ref.id}`;
    return this.#text.messages.job.untitled(this.type(job), this.#text.moment(minted));
  }

  /** A step: the snapshot's name is Korean, other languages go by its key. */
  step(job: OfType, { index, total, key, name }: WatchedStep): string {
    const { language, messages } = this.#text;
    const known = this.typeOf(job)?.steps.find((step) => step.key === key)?.label[language];
    return messages.job.stepOf(String(index), String(total), language === "ko" ? name : (known ?? name));
  }

  /** An error's sentence: the server's is Korean, other languages go by its code. */
  reason(code: string | null, serverSentence: string | null): string | null {
    const { language, messages } = this.#text;
    const known = this.#ownError(code)?.[language] ?? lookUp(messages.job.reasons, code);
    return language === "ko" ? (serverSentence ?? known ?? code) : (known ?? serverSentence ?? code);
  }

  /** Why a FAILED job failed. */
  failure({ ref, errorCode, errorMessage }: Pick<WatchedJob, "ref" | "errorCode" | "errorMessage">): string {
    const { failedVideo, failedJob } = this.#text.messages.job;
    return this.reason(errorCode, errorMessage) ?? (ref.kind === "video" ? failedVideo : failedJob);
  }

  /** Whether running it once more can help: not where the same file would fail the same way. A code that nobody knows may. */
  mayRetry({ status, errorCode }: Ended): boolean {
    if (status === "CANCELLED") return true;
    if (status !== "FAILED") return false;
    if (errorCode === null) return true;
    return this.#ownError(errorCode)?.retryable ?? isRetryable(errorCode) ?? true;
  }

  #ownError(code: string | null) {
    return this.#jobTypes.flatMap(({ errors }) => errors).find((error) => error.code === code);
  }
}

export function useJobWords(): JobWords {
  return new JobWords(useFormat(), useJobTypes());
}
