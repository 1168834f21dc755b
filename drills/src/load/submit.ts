import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 200;
const ANSWER_WITHIN_MS = 15_000;

export interface Submission {
  readonly url: string;
  readonly token: string;
  /** The same key for each repetition: one job, however often it is sent. */
  readonly key: string;
  readonly body: () => Promise<FormData | string>;
  /** Called for each time without a good answer: its status and code, `none` where there was no answer. */
  readonly onFailure: (answer: string) => void;
}

/**
 * Repeats a submit under one Idempotency-Key until it is acknowledged, as a careful caller does.
 * @returns the job's id. @throws {Error} when it is refused for good.
 */
export async function submitUntilAccepted(submission: Submission): Promise<string> {
  for (;;) {
    const answer = await submitOnce(submission);
    if (typeof answer !== "string") return answer.id;
    submission.onFailure(answer);
    await sleep(RETRY_MS);
  }
}

/** @returns the answer's status and code when there was none, or one that asks to come again. */
async function submitOnce({ url, token, key, body }: Submission): Promise<{ readonly id: string } | string> {
  const content = await body();
  const headers = {
    authorization: `Bearer ${token}`,
    "idempotency-key": key,
    ...(typeof content === "string" ? { "content-type": "application/json" } : {}),
  };
  let status: number;
  let text: string;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(url, { method: "POST", headers, body: content, signal });
    status = response.status;
    text = await response.text();
  } catch {
    return "none"; // cut, refused or timed out
  }
  if (status >= 500 || status === 429 || status === 408) return `${status} ${codeIn(text)}`; // 408: a starved server found the request late
  if (status !== 202) throw new Error(`a submit was answered ${status}: ${text}`);
  const { id, job_id: jobId } = JSON.parse(text) as { id?: string | number; job_id?: string };
  return { id: String(jobId ?? id) };
}

function codeIn(problem: string): string {
  return /"code":"(\w+)"/.exec(problem)?.[1] ?? "no code";
}
