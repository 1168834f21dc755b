import type { BatchBody, JobProgressBody, VideoProgressBody } from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";
import type { Api, SubmittedBody } from "./api.ts";

const POLL_EVERY_MS = 200;

export interface Watching {
  readonly watched: readonly SubmittedBody[];
  /** Answers so far, of every kind. */
  readonly answers: number;
  /** What no watcher may ever see: a step back, an error, a missing job. */
  readonly errors: readonly string[];
  /** The last snapshot of each job once all have ended. */
  untilAllEnded(withinMs: number): Promise<readonly (VideoProgressBody | JobProgressBody)[]>;
  stop(): Promise<void>;
}

/** Several watchers per server: one per job at the single endpoint, one of the batch, one of the active list. */
export function startWatching(
  servers: readonly Api[],
  watched: readonly SubmittedBody[],
  options: { readonly playback?: boolean } = {},
): Watching {
  const latest = new Map<string, VideoProgressBody | JobProgressBody>();
  const errors: string[] = [];
  let answers = 0;
  const stopped = new AbortController();

  async function loop(what: string, once: () => Promise<void>): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await once();
        answers += 1;
      } catch (error) {
        errors.push(`${what}: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    }
  }

  function single(api: Api, job: SubmittedBody): Promise<void> {
    let last = { attempt: 0, version: -1 };
    return loop(job.progress_url, async () => {
      const { status, body } = await api.call<VideoProgressBody | JobProgressBody>(job.progress_url);
      if (status !== 200) throw new Error(`answered ${status}`);
      const { attempt, version } = body;
      if (attempt < last.attempt || (attempt === last.attempt && version < last.version)) {
        throw new Error(`went back from ${last.attempt}.${last.version} to ${attempt}.${version}`);
      }
      last = { attempt, version };
      latest.set(job.progress_url, body);
    });
  }

  const videos = watched.flatMap(({ id }) => (id === undefined ? [] : [id])).join(",");
  const jobs = watched.flatMap(({ job_id }) => job_id ?? []).join(",");
  const loops = servers.flatMap((api) => [
    ...watched.map((job) => single(api, job)),
    loop("batch", async () => {
      const { status, body } = await api.call<BatchBody>(`/api/v1/progress/?videos=${videos}&jobs=${jobs}`);
      const found = Object.keys(body.videos ?? {}).length + Object.keys(body.jobs ?? {}).length;
      if (status !== 200 || found !== watched.length) throw new Error(`answered ${status} with ${found}`);
    }),
    loop("active", async () => {
      const { status } = await api.call("/api/v1/progress/?active=1");
      if (status !== 200) throw new Error(`answered ${status}`);
    }),
    ...(options.playback === true ? [loop("playback", () => askPlayback(api, watched))] : []),
  ]);

  return {
    watched,
    get answers() {
      return answers;
    },
    errors,
    untilAllEnded: (withinMs) =>
      eventually(
        "every job ends",
        () => {
          const seen = [...latest.values()];
          const ended = seen.filter(({ status }) => status !== "PENDING" && status !== "PROCESSING");
          return ended.length === watched.length ? ended : null;
        },
        withinMs,
      ),
    async stop() {
      stopped.abort();
      await Promise.all(loops);
    },
  };
}

async function askPlayback(api: Api, watched: readonly SubmittedBody[]): Promise<void> {
  for (const { id } of watched) {
    if (id === undefined) continue;
    const { status, body } = await api.call<{ hls_url: string }>(`/media/videos/${id}/playback/`);
    if (status !== 200) throw new Error(`playback answered ${status}`);
    const file = await fetch(api.url + body.hls_url);
    if (file.status !== 200) throw new Error(`the playlist answered ${file.status}`);
    await file.arrayBuffer();
  }
}
