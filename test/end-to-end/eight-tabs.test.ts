import { encodeSnapshot, jobRef, type Snapshot, type StatusStore } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { eventually, freePort } from "@statusplane/test-support";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Deployment } from "./support/deployment.ts";
import { makeWorkbook } from "./support/inputs.ts";
import { HOST_OF_THE_HOUSE, PlainBrowser, type BrowserTab } from "./support/plain-browser.ts";
import { WatchingPage, type PageHost } from "./support/serve-watching-page.ts";

const TENANT = "7";
const REF = jobRef(TENANT, "job", "a");
const TABS = 8;
const HOME: PageHost = { address: "127.0.0.1" };
/** This machine as others in the house see it: by its address there, or, where it is in no network, by a name. */
const LAN: PageHost = lanHost() ?? { ...HOME, name: HOST_OF_THE_HOUSE };

/** A place to open the page at, with the server beside it: both at one address. */
interface Place {
  readonly pages: WatchingPage;
  readonly server: string;
}

/**
 * A browser has six connections for an origin on HTTP/1.1, which is what a page by plain http has. Tabs that took one each
 * for a stream would leave none for a poll or an upload.
 */
describe("eight tabs of a browser on HTTP/1.1", () => {
  let deployment: Deployment;
  let store: StatusStore;
  let browser: PlainBrowser;
  let home: Place;
  let lan: Place;
  /** What is handed in, in base64. */
  let workbook: string;
  let tabs: BrowserTab[] = [];
  let version = 0;

  async function openPlace(host: PageHost): Promise<Place> {
    const { address, name = address } = host;
    const folder = join(deployment.folder, `page-${name}`);
    const pages = await WatchingPage.open(folder, () => deployment.token(TENANT), { host });
    const port = await freePort();
    await deployment.start("api", { PORT: String(port), HOST: address, ALLOWED_ORIGINS: pages.origin });
    return { pages, server: `http://${name}:${port}` };
  }

  beforeAll(async () => {
    deployment = await Deployment.open();
    store = await openRedisStatusStore({ url: deployment.statusRedis.url });
    home = await openPlace(HOME);
    lan = await openPlace(LAN);
    browser = await PlainBrowser.open(join(deployment.folder, "profile"));
    workbook = await readFile(await makeWorkbook(deployment.folder, { rows: 2_000 }), "base64");
    await write();
  });
  afterAll(async () => {
    await browser?.close();
    await home?.pages.close();
    await lan?.pages.close();
    await store?.close();
    await deployment?.close();
  });
  afterEach(async () => {
    for (const tab of tabs) await tab.close();
    tabs = [];
  });

  async function write(): Promise<void> {
    version += 1;
    const snapshot: Snapshot = {
      ...{ ref: REF, jobType: "report", title: null, attempt: 1, version },
      ...{ status: "PROCESSING", updatedAt: new Date().toISOString() },
      progress: { percent: version % 100, remainingSeconds: null, step: null },
    };
    await store.writer.write(version === 1 ? "announce" : "progress", encodeSnapshot(snapshot));
  }

  async function open({ pages, server }: Place, transport: "auto" | "sse"): Promise<void> {
    const address = pages.address({ server, tokens: "/token", options: { transport } });
    for (let n = 0; n < TABS; n++) {
      const tab = await browser.openTab("about:blank");
      await tab.watchNetwork();
      await tab.send("Page.navigate", { url: address });
      tabs.push(tab);
    }
    await write();
    for (const tab of tabs) await tab.bringToFront().then(() => expectShown(tab));
  }

  async function expectShown(tab: BrowserTab): Promise<void> {
    await eventually("the tab shows the last version", async () => {
      const seen = "window.watching?.client.get({ kind: 'job', id: 'a' })?.version ?? 0";
      return (await tab.evaluate<number>(seen)) === version;
    });
  }

  const inEach = <T>(expression: string): Promise<T[]> =>
    Promise.all(tabs.map((tab) => tab.evaluate<T>(expression)));
  const openOf = (what: "openSockets" | "openEvents"): number[] => tabs.map((tab) => tab[what]);
  const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);

  /** Whatever the tabs hold open, each may ask and hand something in. */
  async function expectUsable(): Promise<void> {
    const asked = "watching.client.request('/api/v1/progress/?jobs=a').then(({ status }) => status)";
    expect(await inEach(asked)).toEqual(Array(TABS).fill(200));
    const bytes = `Uint8Array.from(atob('${workbook}'), (each) => each.charCodeAt(0))`;
    const handedIn = `watching.client.submitJob('excel_import', { file: new File([${bytes}], 'rows.xlsx') }).then(({ ref }) => ref.kind)`;
    expect(await inEach(handedIn)).toEqual(Array(TABS).fill("job"));
  }

  it("have one stream of Server-Sent Events where they can share it, and stay usable", async () => {
    await open(home, "sse");
    await eventually("one stream is open in all", () => sum(openOf("openEvents")) === 1);
    await expectUsable();
  });

  it("have a WebSocket each by plain http in a LAN, never Server-Sent Events, and stay usable", async () => {
    await open(lan, "auto");
    expect(await inEach("navigator.locks === undefined")).toEqual(Array(TABS).fill(true));
    await eventually("each has its own", () => openOf("openSockets").every((count) => count === 1));
    expect(sum(openOf("openEvents"))).toBe(0);
    await expectUsable();
  });

  it("poll there where no WebSocket may be had, and stay usable", async () => {
    await open(lan, "sse");
    expect(await inEach("watching.client.connectionStatus")).toEqual(Array(TABS).fill("polling"));
    expect([sum(openOf("openEvents")), sum(openOf("openSockets"))]).toEqual([0, 0]);
    await expectUsable();
  });
});

function lanHost(): PageHost | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal);
}
