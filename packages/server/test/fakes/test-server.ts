import type { Delivery, JobQueue, JobType } from "@statusplane/core";
import { defineErrors, StatusplaneError } from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import { createServer, type JobsOptions, type PlayableFiles, type ServerOptions } from "../../src/index.ts";
import { z } from "zod";
import { FakeRecords } from "./fake-records.ts";
import { FakeViewRecords } from "./fake-view-records.ts";
import { FakeStatusStore } from "./fake-status-store.ts";
import { TemporaryFiles } from "./temporary-files.ts";
import { SECRET } from "./tokens.ts";

const noticePayload = z.looseObject({ to: z.union([z.string(), z.number()]) });

const ERRORS = defineErrors({
  not_renderable: {
    http: 415,
    retryable: false,
    ko: "그릴 수 없는 파일입니다.",
    en: "The file cannot be rendered.",
  },
  not_countable: {
    http: 415,
    retryable: false,
    ko: "셀 것이 없습니다.",
    en: "The file is nothing to count.",
  },
});

/** Accepts files that begin with "video" or "PK", and for `notice` payloads with a `to`. */
export const JOB_TYPES: readonly JobType[] = [
  {
    type: "render",
    kind: "video",
    label: { ko: "그림", en: "Picture" },
    steps: [{ key: "read", label: { ko: "읽기", en: "Reading" } }],
    maxTries: 3,
    check: () => undefined,
    input: "file",
    looksRight: (first) =>
      Buffer.from(first).toString("latin1").startsWith("video") ? null : ERRORS.not_renderable,
    errors: [ERRORS.not_renderable],
  },
  {
    type: "tally",
    kind: "job",
    label: { ko: "표", en: "List" },
    steps: [],
    maxTries: 3,
    check: () => undefined,
    input: "file",
    looksRight: (first) =>
      Buffer.from(first).toString("latin1").startsWith("PK") ? null : ERRORS.not_countable,
    errors: [ERRORS.not_countable],
  },
  {
    type: "notice",
    kind: "job",
    label: { ko: "알림", en: "Notice" },
    steps: [],
    maxTries: 1,
    input: "none",
    errors: [],
    check: (payload) => void noticePayload.parse(payload),
  },
];

/** A list, up to ten parts, a cover. */
export const PLAYABLE: PlayableFiles = {
  playlist: "main.list",
  poster: "cover.png",
  typeOf(name) {
    if (name === "main.list") return "text/plain";
    if (name === "cover.png") return "image/png";
    return /^part-\d\.bin$/.test(name) ? "application/octet-stream" : null;
  },
};

export const DEMO_TENANTS = [
  { tenant: "1", name: "하나" },
  { tenant: "2", name: "둘", viewers: [{ viewer: "s2", name: "은솔", groups: ["2반"] }] },
];

class FakeQueue implements Pick<JobQueue, "enqueue"> {
  readonly deliveries: Delivery[] = [];
  down = false;

  async enqueue(delivery: Delivery): Promise<void> {
    if (this.down) throw new StatusplaneError("queue_unavailable");
    this.deliveries.push(delivery);
  }
}

class FakeInstallation {
  wakes = 0;

  async wake(): Promise<void> {
    this.wakes += 1;
  }
}

export interface TestServer {
  readonly server: FastifyInstance;
  readonly store: FakeStatusStore;
  readonly records: FakeRecords;
  readonly files: TemporaryFiles;
  readonly queue: FakeQueue;
  readonly installation: FakeInstallation;
  close(): Promise<void>;
}

/** What a test mounts, with what it chooses otherwise. */
export type TestOptions = Partial<JobsOptions> & Omit<ServerOptions, keyof JobsOptions>;

/** Fakes, and what mounts everything over them. */
export function jobsOver(): Omit<TestServer, "server" | "close"> & { readonly options: JobsOptions } {
  const store = new FakeStatusStore();
  const records = new FakeRecords();
  const files = new TemporaryFiles();
  const queue = new FakeQueue();
  const installation = new FakeInstallation();
  const options: JobsOptions = {
    store: {
      reader: store,
      writer: store,
      feed: store.feed,
      installation,
      views: store.views,
      viewFeed: store.viewFeed,
    },
    viewRecords: new FakeViewRecords(),
    ...{ records, files, queue, jobTypes: JOB_TYPES, playable: PLAYABLE },
    signIn: { kind: "secret", secret: SECRET },
  };
  return { store, records, files, queue, installation, options };
}

/** A whole server over fakes; HS256, no log. */
export async function openTestServer(options: TestOptions = {}): Promise<TestServer> {
  const { options: own, ...parts } = jobsOver();
  const server = await createServer({ ...own, log: false, ...options }).catch((error: unknown) => {
    parts.files.remove();
    throw error;
  });
  return {
    server,
    ...parts,
    async close() {
      await server.close();
      parts.files.remove();
    },
  };
}
