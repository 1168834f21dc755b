import { isTerminal, type JobRef, type StoredSnapshot } from "@statusplane/core";
import { detailPath, progressPath, resultPath } from "@statusplane/core/wire";

/** The addresses of jobs, as answers name them: below the prefix that this mount has. */
export class JobUrls {
  /** Without a slash at its end; "": none. */
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix.replace(/\/+$/, "");
  }

  /** The detail's address: also the `Location` of a submit. */
  detail(ref: JobRef): string {
    return detailPath(ref, this.prefix);
  }

  /** The progress endpoint's address. */
  progress(ref: JobRef): string {
    return progressPath(ref, this.prefix);
  }

  /** Of a result too large for its snapshot. */
  result(ref: JobRef): string {
    return resultPath(ref.id, this.prefix);
  }

  /**
   * A snapshot as this mount sends it. Its text is the stored one, but for the one address in it: that of a large result,
   * which its writer cannot know. Such a text is parsed, once for each who asks about that ended job.
   */
  mounted(snapshot: StoredSnapshot): StoredSnapshot {
    if (this.prefix === "") return snapshot; // nothing is looked at on the way of most polls
    const { status, attempt, text } = snapshot;
    const mayName = attempt > 0 && isTerminal(status) && text.includes(RESULT_URL);
    return mayName ? { ...snapshot, text: this.#withPrefix(text) } : snapshot;
  }

  #withPrefix(text: string): string {
    const body = membersOf(text);
    const url = body?.["result_url"];
    return typeof url === "string" ? JSON.stringify({ ...body, result_url: this.prefix + url }) : text;
  }
}

const RESULT_URL = '"result_url":"/';

/** Null for what only begins like a text of ours: it is sent as it is. */
function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
