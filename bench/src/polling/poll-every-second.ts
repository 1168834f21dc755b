import { setTimeout as sleep } from "node:timers/promises";

export interface PollOptions {
  /** How many watch; each polls every job once a second. */
  readonly watchers: number;
  readonly jobs: number;
  /** The address to poll for a job, by its number; asked before each poll, for jobs follow each other. */
  readonly urlOf: (job: number) => string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly milliseconds: number;
}

/**
 * Polls as the old pages did. @returns how many answers with 200 came: one that says to come back later is no reason to
 * end an hour's measurement, and is missed in the count. @throws {Error} at any other answer.
 */
export async function pollEverySecond(options: PollOptions): Promise<number> {
  const { watchers, jobs, milliseconds } = options;
  const until = Date.now() + milliseconds;
  const loops = Array.from({ length: watchers * jobs }, (_, i) => pollOne(i % jobs, until, options));
  return (await Promise.all(loops)).reduce((sum, each) => sum + each, 0);
}

async function pollOne(job: number, until: number, { urlOf, headers }: PollOptions): Promise<number> {
  let answers = 0;
  await sleep(Math.random() * 1_000);
  while (Date.now() < until) {
    const next = Date.now() + 1_000;
    const response = await fetch(urlOf(job), { headers: { ...headers } });
    await response.arrayBuffer();
    if (response.ok) answers += 1;
    else if (response.status !== 503) throw new Error(`${urlOf(job)} answered ${response.status}`);
    await sleep(Math.max(0, next - Date.now()));
  }
  return answers;
}
