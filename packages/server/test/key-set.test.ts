import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeySet } from "../src/auth/key-set.ts";
import { openTestServer, SECRET, startKeyServer, type KeyServer, type KeyServerMood } from "./fakes/index.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let provider: KeyServer;
let nowMs = 0;
let failures: unknown[];
beforeEach(async () => {
  provider = await startKeyServer();
  failures = [];
});
afterEach(() => provider.close());

const open = (timeoutMs = 10_000): KeySet =>
  new KeySet({ url: provider.url, timeoutMs, now: () => nowMs, onFailure: (error) => failures.push(error) });
const verify = async (keys: KeySet, token: string): Promise<unknown> =>
  (await jwtVerify(token, keys.key)).payload["tenant_id"];
/** Whatever is fetched beside the requests has ended. */
async function fetched(times: number): Promise<void> {
  await expect.poll(() => failures.length, { timeout: 20_000 }).toBe(times);
}

describe("a key set", () => {
  it("is fetched once for all that come at once, and again beside them when it is ten minutes old", async () => {
    const keys = open();
    const token = await provider.token();
    expect(await Promise.all(Array.from({ length: 20 }, () => verify(keys, token)))).toEqual(
      Array(20).fill(1),
    );
    expect(provider.requests()).toBe(1);
    nowMs += 9 * MINUTE_MS;
    await verify(keys, token);
    expect(provider.requests()).toBe(1);
    nowMs += 2 * MINUTE_MS;
    await Promise.all(Array.from({ length: 20 }, () => verify(keys, token)));
    await expect.poll(provider.requests).toBe(2);
  });

  it.each<KeyServerMood | "dead">([
    "dead",
    "hangs",
    "dribbles",
    "broken",
    "garbage",
    "empty",
    "endless",
    "elsewhere",
  ])("goes on for a day while its provider is away (%s), which is asked ever more rarely", async (mood) => {
    const hangs = mood === "hangs" || mood === "dribbles";
    const keys = open(hangs ? 1_500 : 10_000);
    const token = await provider.token();
    await verify(keys, token);
    if (mood === "dead") await provider.close();
    else provider.mood = mood;
    nowMs += 11 * MINUTE_MS;
    expect(await Promise.all(Array.from({ length: 50 }, () => verify(keys, token)))).toEqual(
      Array(50).fill(1),
    );
    if (hangs) expect(failures).toEqual([]); // nobody waited for the provider
    await fetched(1);
    for (let n = 0; n < 50; n++) await verify(keys, token);
    expect(failures).toHaveLength(1);
    if (hangs) return; // each further fetch would take its time
    for (const [waitMs, total] of [
      [999, 1],
      [1, 2],
      [1_999, 2],
      [1, 3],
      [3_999, 3],
      [1, 4],
    ] as const) {
      nowMs += waitMs;
      await verify(keys, token);
      await fetched(total);
    }
    nowMs += 23 * HOUR_MS;
    expect(await verify(keys, token)).toBe(1);
    await fetched(5);
    nowMs += HOUR_MS;
    await expect(verify(keys, token)).rejects.toMatchObject({ code: "sign_in_unavailable" });
  });

  it("is there again as soon as its provider is", async () => {
    provider.mood = "broken";
    const keys = open();
    const token = await provider.token();
    const asked = await Promise.allSettled(Array.from({ length: 50 }, () => verify(keys, token)));
    expect(
      new Set(asked.map((each) => (each.status === "rejected" ? each.reason.code : "verified"))),
    ).toEqual(new Set(["sign_in_unavailable"]));
    for (let n = 0; n < 50; n++) {
      await expect(verify(keys, token)).rejects.toMatchObject({
        code: "sign_in_unavailable",
        retryAfterSeconds: 1,
      });
    }
    expect(provider.requests()).toBe(1); // no storm: the failure is a moment old
    provider.mood = "well";
    nowMs += 1_000;
    expect(await verify(keys, token)).toBe(1);
  });

  it("is not asked for by tokens that name unknown keys, and learns a new key by the first of them", async () => {
    const keys = open();
    const token = await provider.token();
    await verify(keys, token);
    const unknown = await Promise.all(
      Array.from({ length: 100 }, (_, n) => provider.token({}, `unknown-${n}`)),
    );
    for (const each of unknown) {
      await expect(verify(keys, each)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
    }
    expect(provider.requests()).toBe(1);
    nowMs += 30_000;
    await Promise.allSettled(unknown.map((each) => verify(keys, each)));
    expect(provider.requests()).toBe(2);
    await provider.rotate("second");
    nowMs += 30_000;
    expect(await verify(keys, await provider.token())).toBe(1);
    await expect(verify(keys, token)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" }); // withdrawn
    expect(provider.requests()).toBe(3);
  });
});

describe("a server whose provider is away", () => {
  it("lets in who brings a known key, refuses a wrong token, and tells nobody to sign in for a key that it cannot know", async () => {
    const test = await openTestServer({ signIn: { kind: "jwks", url: provider.url }, signingSecret: SECRET });
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return test.server.inject({ url: "/api/v1/jobs/a/progress/", headers });
    };
    expect((await ask(await provider.token())).statusCode).toBe(404); // signed in, and no such job
    await provider.close();
    expect((await ask(await provider.token({ sub: "another" }))).statusCode).toBe(404);
    const [head, , signature] = (await provider.token()).split(".");
    const forged = Buffer.from(JSON.stringify({ tenant_id: 2, exp: 4_102_444_800 })).toString("base64url");
    expect((await ask(`${head ?? ""}.${forged}.${signature ?? ""}`)).json().code).toBe("unauthenticated");
    await test.close();

    const unlucky = await openTestServer({
      signIn: { kind: "jwks", url: provider.url },
      signingSecret: SECRET,
    });
    const answer = await unlucky.server.inject({
      url: "/api/v1/jobs/a/progress/",
      headers: { authorization: `Bearer ${await provider.token()}` },
    });
    expect(answer.json()).toMatchObject({ status: 503, code: "sign_in_unavailable" });
    expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    await unlucky.close();
  });
});
