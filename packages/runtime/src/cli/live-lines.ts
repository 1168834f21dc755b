import type { WatchedJob } from "@statusplane/client";
import { watchKey } from "@statusplane/client";
import { fitted, jobJson, jobLine, milestoneOf } from "./job-line.ts";

/** Where lines go: a terminal, or a file or program that reads them. */
export interface LineOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const COLUMNS = 80;
const ROWS = 24;

/** Shows jobs as they are now; each call says all that there is to show. */
export type ShowJobs = (jobs: readonly WatchedJob[], more: number) => void;

/** JSON: a line per job and change. Otherwise bars at a terminal, written over; elsewhere a line per step and percent. */
export function showJobs(output: LineOutput, json: boolean): ShowJobs {
  if (json) return eachChange(output, jobJson, jobJson);
  return output.isTTY === true ? inPlace(output) : eachChange(output, jobLine, milestoneOf);
}

function eachChange(
  output: LineOutput,
  lineOf: (job: WatchedJob) => string,
  stateOf: (job: WatchedJob) => string,
): ShowJobs {
  let told = new Map<string, string>();
  return (jobs) => {
    const now = new Map<string, string>();
    for (const job of jobs) {
      const [key, state] = [watchKey(job.ref), stateOf(job)];
      now.set(key, state);
      const isAnswered = job.gone || job.status !== "UNKNOWN" || job.unknownStatus !== undefined;
      if (isAnswered && told.get(key) !== state) output.write(`${lineOf(job)}\n`);
    }
    told = now;
  };
}

/** Cursor up to where it began, then each line anew; a terminal without so many rows shows as many as it has. */
function inPlace(output: LineOutput): ShowJobs {
  let height = 0;
  return (jobs, more) => {
    const most = Math.max(1, (output.rows ?? ROWS) - 2);
    const hidden = Math.max(0, jobs.length - most) + more;
    const lines = jobs.slice(0, most).map(jobLine);
    if (hidden > 0) lines.push(`and ${hidden} more`);
    if (lines.length === 0) lines.push("nothing is live");
    const columns = (output.columns ?? COLUMNS) - 1;
    const up = height === 0 ? "" : `\u001b[${height}A`;
    output.write(`${up}\r\u001b[J${lines.map((line) => `${fitted(line, columns)}\n`).join("")}`);
    height = lines.length;
  };
}
