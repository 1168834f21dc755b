import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSnapshot, jobRef, type Snapshot, type StatusStore, type WriteKind } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import {
  eventually,
  freePort,
  startProgram,
  startRedis,
  type RedisServer,
  type RunningProgram,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PlainBrowser, type BrowserTab } from "./support/plain-browser.ts";
import { WatchingPage } from "./support/serve-watching-page.ts";

const JWT_SECRET = "end-to-end-secret-of-32-bytes-or-more";
const TENANT = "7";
/** As designed, ten times as fast. */
const timings = { pingMs: 300, answerMs: 1_000, returnAfterMs: 2_000, provenMs: 1_000 };

/**
 * The tabs of a real browser, of which one is seen at a time, and the real server, its only role `progress`. The worker
 * is this test, by the store that workers write with.
 */
describe("the tabs of a browser", () => {
  let folder: string;
  let redis: RedisServer;
  let port: number;
  let program: RunningProgram;
  let pages: WatchingPage;
  let store: StatusStore;
  let browser: PlainBrowser;
  let tabs: BrowserTab[] = [];
  let version = 0;

  const start = (): Promise<RunningProgram> =>
    startProgram({
      role: "progress",
      env: {
        REDIS_URL: redis.url,
        JWT_SECRET,
        ALLOWED_ORIGINS: pages.origin,
        PORT: String(port),
        DATA_DIR: folder,
      },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-tabs-"));
    pages = await WatchingPage.open(join(folder, "page"), (subject, lifeSeconds) =>
      new SignJWT({ tenant_id: TENANT })
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(subject)
        .setExpirationTime(new Date(Date.now() + lifeSeconds * 1_000))
        .sign(new TextEncoder().encode(JWT_SECRET)),
    );
    redis = await startRedis();
    port = await freePort();
    program = await start();
    store = await openRedisStatusStore({ url: redis.url });
    browser = await PlainBrowser.open(join(folder, "profile"));
  });
  afterAll(async () => {
    await browser?.close();
    await store?.close();
    await program?.stop();
    await redis?.stop();
    await pages?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    tabs = [];
    await write("announce");
  });
  afterEach(async () => {
    for (const tab of tabs) await tab.close();
  });

  /** The next version, as a worker writes it. */
  async function write(kind: WriteKind = "progress"): Promise<void> {
    version += 1;
    const snapshot: Snapshot = {
      ...{ ref: jobRef(TENANT, "job", "a"), jobType: "report", title: null, attempt: 1, version },
      ...{ status: "PROCESSING", updatedAt: new Date().toISOString() },
      progress: { percent: version % 100, remainingSeconds: null, step: null },
    };
    await store.writer.write(kind, encodeSnapshot(snapshot));
  }

  async function open({ subject = "alice", lifeSeconds = 3_600 } = {}): Promise<BrowserTab> {
    const tokens = `/token?sub=${subject}&life=${lifeSeconds}`;
    const tab = await browser.openTab("about:blank");
    await tab.watchNetwork();
    await tab.send("Page.enable");
    await tab.send("Page.navigate", {
      url: pages.address({ server: program.url, tokens, options: { transport: "auto", timings } }),
    });
    tabs.push(tab);
    await expectHeard(tab);
    return tab;
  }

  const seen = (tab: BrowserTab): Promise<number> =>
    tab.evaluate<number>("window.watching?.client.get({ kind: 'job', id: 'a' })?.version ?? 0");
  const status = (tab: BrowserTab): Promise<string> =>
    tab.evaluate<string>("window.watching?.client.connectionStatus ?? ''");

  /** The tab has heard of the last version, and is pushed to. */
  async function expectHeard(tab: BrowserTab): Promise<void> {
    await eventually("the tab shows the last version", async () => (await seen(tab)) === version);
    await eventually("and hears of the next", async () => (await status(tab)) === "live");
  }

  async function haveOneConnection(): Promise<void> {
    await eventually(
      "all tabs have one connection",
      () => tabs.reduce((sum, { openSockets }) => sum + openSockets, 0) === 1,
    );
  }

  /** The tab that has the connection. */
  const leader = (): Promise<BrowserTab> =>
    eventually("one leads", () => tabs.find(({ openSockets }) => openSockets === 1) ?? null);

  /** This tab has the connection: the one that is seen takes it from one that is not. */
  async function leads(tab: BrowserTab): Promise<void> {
    await eventually("the tab leads", () =>
      tabs.every(({ openSockets }, i) => openSockets === (tabs[i] === tab ? 1 : 0)),
    );
  }

  async function nothingWentBack(tab: BrowserTab): Promise<void> {
    const told = await tab.evaluate<{ attempt: number; version: number }[]>("window.watching.told");
    expect(told.map((each) => each.version)).toEqual(
      told.map((each) => each.version).toSorted((a, b) => a - b),
    );
  }

  it("have one connection, and each shows each version", async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    await haveOneConnection();
    for (let n = 0; n < 20; n++) await write();
    for (const tab of [first, second, third]) {
      await expectHeard(tab);
      await nothingWentBack(tab);
    }
    await first.close();
    tabs = [second, third];
    await haveOneConnection();
    await write();
    for (const tab of tabs) await expectHeard(tab);
  });

  it("of another reader have a connection of their own", async () => {
    await open();
    await open({ subject: "bob" });
    await eventually("each has one", () => tabs.every(({ openSockets }) => openSockets === 1));
  });

  it("have tokens renewed once for all, on the open connection", async () => {
    for (let n = 0; n < 3; n++) await open({ lifeSeconds: 4 });
    await haveOneConnection();
    const leading = await leader();
    const asked = (): Promise<number[]> =>
      Promise.all(tabs.map((tab) => tab.evaluate<number>("window.watching.tokensAsked")));
    const opened = (): number[] => tabs.map((tab) => tab.opened);
    const [before, openedBefore] = [await asked(), opened()];
    const at = tabs.indexOf(leading);
    await eventually("two more tokens were asked for", async () => {
      return ((await asked())[at] ?? 0) >= (before[at] ?? 0) + 2;
    });
    const others = (counts: readonly number[]): readonly number[] => counts.filter((_, i) => i !== at);
    expect(others(await asked())).toEqual(others(before));
    expect(opened()).toEqual(openedBefore);
    await write();
    for (const tab of tabs) await expectHeard(tab);
  });

  it("do not stop when the one that leads is frozen, and have one connection again after it wakes", async () => {
    await open();
    await open();
    await browser.openTab("about:blank"); // in front: both are hidden, and no one takes the lead from the other
    await haveOneConnection();
    const leading = await leader();
    const [other] = tabs.filter((tab) => tab !== leading);
    if (other === undefined) throw new Error("both lead");
    expect(await leading.evaluate("document.visibilityState")).toBe("hidden");
    await leading.send("Page.setWebLifecycleState", { state: "frozen" });
    await eventually("the page is told", () =>
      leading.evaluate<boolean>("window.watching.lifecycle.includes('freeze')"),
    );
    const turns = await leading.evaluate<number>("window.watching.turns");
    for (let n = 0; n < 20; n++) await write();
    await expectHeard(other);
    expect(await leading.evaluate("window.watching.turns")).toBe(turns); // its timers stand still
    expect(other.openSockets).toBe(1);
    await leading.bringToFront();
    await leading.send("Page.setWebLifecycleState", { state: "active" });
    await expectHeard(leading);
    await haveOneConnection();
    for (const tab of tabs) await nothingWentBack(tab);
  });

  it("do not stop when the one that leads hears nothing while a worker writes a thousand versions", async () => {
    const other = await open();
    const leading = await open();
    await leads(leading);
    await leading.stop();
    await other.bringToFront();
    for (let n = 0; n < 1_000; n++) await write();
    await expectHeard(other);
    await leading.goOn();
    await expectHeard(leading);
    await haveOneConnection();
    for (const tab of tabs) await nothingWentBack(tab);
  });

  it("are told again what they missed while one that follows was stopped", async () => {
    const following = await open();
    const leading = await open();
    await leads(leading);
    await following.stop();
    for (let n = 0; n < 100; n++) await write();
    await expectHeard(leading);
    await following.goOn();
    await expectHeard(following);
    await leads(leading);
    for (const tab of tabs) await nothingWentBack(tab);
  });

  it("end on the last version after the server was started again", async () => {
    await open();
    await open();
    await program.stop();
    await write();
    program = await start();
    await write();
    for (const tab of tabs) await expectHeard(tab);
    await haveOneConnection();
    for (const tab of tabs) await nothingWentBack(tab);
  });

  it("show the last version after a reload and after the network was away", async () => {
    const tab = await open();
    await tab.send("Page.reload");
    await expectHeard(tab);
    await tab.send("Network.emulateNetworkConditions", {
      ...{ offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
    });
    await write();
    await tab.send("Network.emulateNetworkConditions", {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
    });
    await expectHeard(tab);
  });
});
