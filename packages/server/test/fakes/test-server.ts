import type { Delivery, JobQueue, JobType } from "@statusplane/core";
import { defineErrors, StatusplaneError } from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import { createServer, type FullServerOptions } from "../../src/index.ts";
import { z } from "zod";
import { FakeRecords } from "./fake-records.ts";
import { FakeStatusStore } from "./fake-status-store.ts";
import { TemporaryFiles } from "./temporary-files.ts";
import { SECRET } from "./tokens.ts";

const messagePayload = z.looseObject({ to: z.union([z.string(), z.number()]) });

const ERRORS = defineErrors({
  not_a_video: { http: 415, retryable: false, ko: "동영상 파일이 아닙니다.", en: "The file is not a video." },
  not_a_workbook: {
    http: 415,
    retryable: false,
    ko: "엑셀 파일이 아닙니다.",
    en: "The file is not a workbook.",
  },
});

/** Accepts files that begin with "video" or "PK", and for `message_send` payloads with a `to`. */
export const JOB_TYPES: readonly JobType[] = [
  {
    type: "video_hls",
    kind: "video",
    label: { ko: "동영상", en: "Video" },
    steps: [{ key: "read", label: { ko: "읽기", en: "Reading" } }],
    maxTries: 3,
    check: () => undefined,
    input: "file",
    looksRight: (first) =>
      Buffer.from(first).toString("latin1").startsWith("video") ? null : ERRORS.not_a_video,
    errors: [ERRORS.not_a_video],
  },
  {
    type: "excel_import",
    kind: "job",
    label: { ko: "명단", en: "List" },
    steps: [],
    maxTries: 3,
    check: () => undefined,
    input: "file",
    looksRight: (first) =>
      Buffer.from(first).toString("latin1").startsWith("PK") ? null : ERRORS.not_a_workbook,
    errors: [ERRORS.not_a_workbook],
  },
  {
    type: "message_send",
    kind: "job",
    label: { ko: "메시지", en: "Message" },
    steps: [],
    maxTries: 1,
    input: "none",
    errors: [],
    check: (payload) => void messagePayload.parse(payload),
  },
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

/** A whole server over fakes; role `all`, HS256, no log. */
export async function openTestServer(options: Partial<FullServerOptions> = {}): Promise<TestServer> {
  const store = new FakeStatusStore();
  const records = new FakeRecords();
  const files = new TemporaryFiles();
  const queue = new FakeQueue();
  const installation = new FakeInstallation();
  const server = await createServer({
    role: "all",
    reader: store,
    writer: store,
    records,
    files,
    queue,
    installation,
    jobTypes: JOB_TYPES,
    signIn: { kind: "secret", secret: SECRET },
    log: false,
    ...options,
  }).catch((error: unknown) => {
    files.remove();
    throw error;
  });
  return {
    server,
    store,
    records,
    files,
    queue,
    installation,
    async close() {
      await server.close();
      files.remove();
    },
  };
}
