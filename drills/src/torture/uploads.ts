import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeVideo, makeWorkbook } from "../../../test/end-to-end/support/inputs.ts";
import { TENANTS, type DrillLoad } from "../load/drill-load.ts";
import type { Random } from "../random.ts";

const EVERY_MS = 6_000;

interface Files {
  readonly videos: readonly string[];
  readonly workbooks: readonly string[];
}

/** Real lectures and real workbooks, one every few seconds: ffmpeg and the import under the same faults. */
export class Uploads {
  readonly #ended = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #loop: Promise<void>;

  private constructor(load: DrillLoad, random: Random, files: Files) {
    this.#loop = this.#upload(load, random, files);
  }

  static async start(load: DrillLoad, random: Random, folder: string): Promise<Uploads> {
    const files = {
      videos: [
        await makeVideo(folder, { seconds: 2, size: "320x180" }),
        await makeVideo(folder, { seconds: 6, size: "320x180" }),
      ],
      workbooks: [
        await makeWorkbook(folder, { rows: 200 }),
        await makeWorkbook(folder, { rows: 5_000, from: 1_001, isBad: (index) => index % 100 === 0 }),
      ],
    };
    return new Uploads(load, random, files);
  }

  /** Resolves when every upload under way was acknowledged. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    await Promise.all(this.#underWay);
  }

  async #upload(load: DrillLoad, random: Random, files: Files): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const tenant = random.pick(TENANTS);
      const kind = random.chance(0.5) ? "video" : "job";
      const path = random.pick(kind === "video" ? files.videos : files.workbooks);
      const upload = load.submit({ tenant, kind, marker: () => null }, () => formOf(kind, path));
      this.#underWay.add(upload);
      void upload.finally(() => this.#underWay.delete(upload));
      await sleep(EVERY_MS, undefined, { signal: this.#ended.signal }).catch(() => undefined); // ended: so does the loop
    }
  }
}

async function formOf(kind: "video" | "job", path: string): Promise<FormData> {
  const form = new FormData();
  if (kind === "video") form.set("title", basename(path));
  else form.set("job_type", "excel_import");
  form.set("file", await openAsBlob(path), basename(path));
  return form;
}
