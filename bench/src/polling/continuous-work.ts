import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { jobRef, type JobRef, type StatusReader } from "@statusplane/core";
import { folderPaths, type FolderPaths } from "../../../packages/runtime/src/files/folder-paths.ts";
import type { Api, SubmittedBody } from "../../../test/end-to-end/support/api.ts";

const LOOK_EVERY_MS = 250;

export interface WorkOptions {
  readonly tenant: string;
  readonly videoPath: string;
  readonly workbookPath: string;
  /** A token lives an hour; a submit asks for a fresh one. */
  readonly api: () => Promise<Api>;
  /** Looked at directly, so that knowing when a job has ended costs no poll. */
  readonly reader: StatusReader;
  readonly dataFolder: string;
}

interface Slot {
  readonly kind: "video" | "job";
  /** Null until the first submit. */
  url: string | null;
  isRunning: boolean;
}

/** What a progress body says of the end. */
interface Shown {
  readonly status: string;
  readonly error_code?: string;
}

export interface WorkReport {
  /** Jobs in progress, on average. */
  readonly inProgress: number;
  readonly videos: number;
  readonly imports: number;
  /** What did not succeed: a busy machine can have a job over its limits. */
  readonly failed: readonly string[];
}

/** 3 videos and 2 imports, each followed by the next as soon as it has ended; what ended leaves no file. */
export class ContinuousWork {
  readonly #options: WorkOptions;
  readonly #paths: FolderPaths;
  readonly #slots: readonly Slot[] = (["video", "video", "video", "job", "job"] as const).map((kind) => ({
    kind,
    url: null,
    isRunning: false,
  }));
  #looks = 0;
  #running = 0;
  #ended = { video: 0, job: 0 };
  readonly #failed: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;
  #failure: unknown = null;

  constructor(options: WorkOptions) {
    this.#options = options;
    this.#paths = folderPaths(options.dataFolder);
  }

  get jobs(): number {
    return this.#slots.length;
  }

  /** The progress address of the job that is in a slot now. */
  urlOf(slot: number): string {
    const url = this.#slots[slot]?.url ?? null;
    if (url === null) throw new Error(`nothing was submitted in slot ${slot}`);
    return url;
  }

  /** Resolves when all five are in progress. */
  async start(): Promise<void> {
    for (const slot of this.#slots) {
      this.#keepBusy(slot).catch((error: unknown) => (this.#failure = error));
    }
    while (!this.#slots.every(({ isRunning }) => isRunning)) {
      this.check();
      await sleep(LOOK_EVERY_MS);
    }
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @throws what ended a slot's work. */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** What was in progress and what ended since the last call. @throws what ended a slot's work. */
  report(): WorkReport {
    this.check();
    const inProgress = this.#looks === 0 ? 0 : this.#running / this.#looks;
    const { video: videos, job: imports } = this.#ended;
    this.#looks = this.#running = 0;
    this.#ended = { video: 0, job: 0 };
    return { inProgress, videos, imports, failed: this.#failed.splice(0) };
  }

  stop(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #look(): void {
    this.#looks += 1;
    this.#running += this.#slots.filter(({ isRunning }) => isRunning).length;
  }

  async #keepBusy(slot: Slot): Promise<void> {
    while (!this.#isOver) {
      const submitted = await this.#submit(slot);
      slot.url = submitted.progress_url;
      const id = String(submitted.id ?? submitted.job_id);
      const ref = jobRef(this.#options.tenant, slot.kind, id);
      const end = await this.#untilEnd(slot, ref);
      if (this.#isOver) return;
      if (end.status === "READY" || end.status === "DONE") this.#ended[slot.kind] += 1;
      else this.#failed.push(`${slot.kind} ${end.status} ${end.error_code}`);
      for (const path of [this.#paths.jobOutputs(ref), this.#paths.input(ref)]) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }

  async #submit({ kind }: Slot): Promise<SubmittedBody> {
    const api = await this.#options.api();
    const { videoPath, workbookPath } = this.#options;
    return kind === "video" ? api.submitVideo(videoPath) : api.submitImport(workbookPath);
  }

  async #untilEnd(slot: Slot, ref: JobRef): Promise<Shown> {
    let shown: Shown = { status: "PENDING" };
    while (!this.#isOver) {
      const stored = await this.#options.reader.read(ref);
      if (stored !== null) shown = JSON.parse(stored.text) as Shown;
      slot.isRunning = shown.status === "PROCESSING";
      if (!slot.isRunning && shown.status !== "PENDING") return shown;
      await sleep(LOOK_EVERY_MS);
    }
    return shown;
  }
}
