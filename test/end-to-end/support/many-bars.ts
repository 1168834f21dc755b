import { encodeSnapshot, jobRef, type StatusStore, type WriteKind } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import {
  eventually,
  startProgram,
  startRedis,
  type RedisServer,
  type RunningProgram,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlainBrowser, type BrowserTab } from "./plain-browser.ts";
import { WatchingPage } from "./serve-watching-page.ts";

const JWT_SECRET = "end-to-end-secret-of-32-bytes-or-more";
const TENANT = "7";

interface Parts {
  readonly folder: string;
  readonly redis: RedisServer;
  readonly pages: WatchingPage;
  readonly program: RunningProgram;
  readonly store: StatusStore;
  readonly browser: PlainBrowser;
}

/** A page of many bars in a real browser, with the real server; whoever has it is the worker. */
export class ManyBars {
  readonly ids: readonly string[];
  readonly #parts: Parts;
  readonly #versions = new Map<string, number>();

  private constructor(parts: Parts, count: number) {
    this.#parts = parts;
    this.ids = Array.from({ length: count }, (_, i) => `job-${i}`);
  }

  static async open(count: number): Promise<ManyBars> {
    const folder = await mkdtemp(join(tmpdir(), "statusplane-bars-"));
    const token = await new SignJWT({ tenant_id: TENANT })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("alice")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(JWT_SECRET));
    const pages = await WatchingPage.open(join(folder, "page"), async () => token, { page: "bars-page" });
    const redis = await startRedis();
    const program = await startProgram({
      role: "progress",
      env: { REDIS_URL: redis.url, JWT_SECRET, ALLOWED_ORIGINS: pages.origin, DATA_DIR: folder },
    });
    const store = await openRedisStatusStore({ url: redis.url });
    const browser = await PlainBrowser.open(join(folder, "profile"));
    const bars = new ManyBars({ folder, redis, pages, program, store, browser }, count);
    for (const id of bars.ids) await bars.write(id, "announce");
    return bars;
  }

  /** The job's next version, a percent further. */
  async write(id: string, kind: WriteKind = "progress"): Promise<void> {
    const version = (this.#versions.get(id) ?? 0) + 1;
    this.#versions.set(id, version);
    const text = encodeSnapshot({
      ...{ ref: jobRef(TENANT, "job", id), jobType: "report", title: null, attempt: 1, version },
      ...{ status: "PROCESSING", updatedAt: new Date().toISOString() },
      progress: { percent: Math.min(99, version), remainingSeconds: null, step: null },
    });
    const { writer } = this.#parts.store;
    // Redis beside a browser on a busy machine may miss its deadline: the same version again changes nothing.
    await eventually("the store takes a version", async () => (await writer.write(kind, text)) !== undefined);
  }

  /** The page, once each of its bars shows its job and news is pushed. */
  async openPage(): Promise<BrowserTab> {
    const { browser, pages, program } = this.#parts;
    const settings = { server: program.url, tokens: "/token", options: {}, ids: this.ids };
    const tab = await browser.openTab(pages.address(settings));
    await eventually("each bar is shown, and pushed to", () =>
      tab.evaluate<boolean>(
        `window.bars?.client.connectionStatus === 'live' && document.querySelectorAll('[data-status=PROCESSING]').length === ${this.ids.length}`,
      ),
    );
    return tab;
  }

  /** The bar shows the job's last version. */
  async shown(tab: BrowserTab, id: string): Promise<void> {
    await eventually(`the last version of ${id} is shown`, async () => {
      const seen = `document.querySelector('[aria-label=${id}]').getAttribute('aria-valuenow')`;
      return (await tab.evaluate<string>(seen)) === String(this.#versions.get(id));
    });
  }

  async close(): Promise<void> {
    const { browser, store, program, redis, pages, folder } = this.#parts;
    await browser.close();
    await store.close();
    await program.stop();
    await redis.stop();
    await pages.close();
    await rm(folder, { recursive: true, force: true });
  }
}
