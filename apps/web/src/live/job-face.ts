import { isSuccess, type WatchedJob } from "@statusplane/client";
import type { JobWords } from "../job/index.ts";
import { viewOf } from "../job-types/index.ts";
import { lookUp, type TextAndFormat } from "../text/index.ts";
import type { ProgressBarProps } from "../ui/index.ts";

/** Everything a card says about a job, in words. */
export interface JobFace {
  readonly status: string;
  readonly tone: "plain" | "good" | "bad" | "warn";
  /** 63%, or an empty text. */
  readonly aside: string;
  /** Null where there is nothing to measure. */
  readonly bar: Pick<ProgressBarProps, "percent" | "remainingSeconds" | "valueText" | "tone"> | null;
  /** Below the bar: what now, and how long. */
  readonly line: readonly string[];
}

export interface FaceOptions {
  readonly text: TextAndFormat;
  readonly jobWords: JobWords;
  /** Job types that no worker can run now → the reason's code. */
  readonly waiting: Readonly<Record<string, string>>;
  /** Its end was asked for, and it is not there yet. */
  readonly isCancelling: boolean;
  /** How many wait before it; undefined: nobody knows. Default: undefined. */
  readonly ahead?: number | undefined;
}

const HOUR_MINUTES = 60;

/** How a job looks, by its status. */
export function jobFace(job: WatchedJob, options: FaceOptions): JobFace {
  const { messages } = options.text;
  if (job.gone) return { status: messages.job.gone, tone: "warn", aside: "", bar: null, line: [] };
  switch (job.status) {
    case "PENDING":
      return pendingFace(job, options);
    case "PROCESSING":
      return processingFace(job, options);
    case "UNKNOWN":
      return {
        status: job.unknownStatus ?? messages.job.statuses.UNKNOWN,
        tone: "plain",
        aside: "",
        bar: { percent: null, valueText: messages.job.statuses.UNKNOWN, tone: "waiting" },
        line: [],
      };
    default:
      return endedFace(job, options);
  }
}

function pendingFace(
  job: WatchedJob,
  { text, jobWords, waiting, isCancelling, ahead = 0 }: FaceOptions,
): JobFace {
  const { messages, moment } = text;
  const words = messages.job;
  const missing = lookUp(waiting, jobWords.typeOf(job)?.jobType);
  const face = { tone: "plain", aside: "" } as const;
  const bar = { percent: null, tone: "waiting" } as const;
  if (isCancelling) {
    return { ...face, status: words.cancelling, bar: { ...bar, valueText: words.cancelling }, line: [] };
  }
  if (job.nextTry !== undefined) {
    const { lastErrorCode, maxTries, retryAt } = job.nextTry;
    const status = words.nextTry(String(job.nextTry.try), String(maxTries));
    const line = [
      words.reason(jobWords.reason(lastErrorCode, null) ?? lastErrorCode),
      words.retryAt(moment(retryAt)),
    ];
    return { ...face, status, tone: "warn", bar: { ...bar, valueText: status }, line };
  }
  const inQueue = ahead === 0 ? [] : [words.ahead(text.count(ahead))];
  const line = missing === undefined ? inQueue : [words.noWorker(jobWords.reason(missing, null) ?? missing)];
  return {
    ...face,
    status: words.statuses.PENDING,
    tone: missing === undefined ? "plain" : "warn",
    bar: { ...bar, valueText: words.statuses.PENDING },
    line,
  };
}

function processingFace(job: WatchedJob, { text, jobWords, isCancelling }: FaceOptions): JobFace {
  const { messages, remaining } = text;
  const words = messages.job;
  const step = job.step === undefined ? [] : [jobWords.step(job, job.step)];
  const left = job.remainingSeconds === undefined ? [] : [words.remaining(remaining(job.remainingSeconds))];
  const percent = job.percent === null ? [] : [words.percent(String(job.percent))];
  const quiet = quietWord(job, text);
  const line = quiet === null ? [...step, ...left] : [quiet];
  return {
    status: isCancelling ? words.cancelling : words.statuses.PROCESSING,
    tone: quiet === null ? "plain" : "warn",
    aside: job.percent === null ? "" : `${job.percent}%`,
    bar: {
      percent: job.percent,
      remainingSeconds: job.remainingSeconds,
      valueText: [...percent, ...line].join(", ") || words.statuses.PROCESSING,
      tone: quiet === null ? "moving" : "warn",
    },
    line,
  };
}

/** What is said of a job that says nothing; null while it does. */
function quietWord(job: WatchedJob, { messages }: TextAndFormat): string | null {
  if (job.isStalled) return messages.job.stalled;
  const minutes = job.unchangedMinutes;
  if (minutes === undefined) return null;
  if (minutes < HOUR_MINUTES) return messages.job.unchanged(String(minutes));
  return messages.job.unchangedHours(String(Math.floor(minutes / HOUR_MINUTES)));
}

function endedFace(job: WatchedJob, { text, jobWords }: FaceOptions): JobFace {
  const status = text.messages.job.statuses[job.status];
  if (isSuccess(job)) {
    const view = viewOf(job);
    const line = view.endLine?.(job, text) ?? [];
    const face = view.outcome?.(job.result, text) ?? { status, tone: "good" };
    return {
      ...face,
      aside: "100%",
      bar: { percent: 100, valueText: face.status, tone: face.tone },
      line,
    };
  }
  if (job.status === "FAILED") {
    return { status, tone: "bad", aside: "", bar: null, line: [jobWords.failure(job)] };
  }
  return { status, tone: "warn", aside: "", bar: null, line: [] };
}
