import { jobRef } from "@statusplane/core";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  Limits,
  networkOf,
  signingKeys,
  signInRules,
  TokenVerifier,
  WatchTokens,
} from "../src/auth/index.ts";
import { KeyedBuckets } from "../src/http/index.ts";
import { PlaybackUrls } from "../src/playback/index.ts";
import {
  DEMO_TENANTS,
  FakeViewRecords,
  openTestServer,
  PLAYABLE,
  SECRET,
  signedIn,
  signedToken,
  type TestServer,
} from "./fakes/index.ts";

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const inAnHour = (): number => Math.floor(Date.now() / 1_000) + 3_600;
const byHand = (header: object, claims: JWTPayload, secret = SECRET): string => {
  const said = `${base64url(header)}.${base64url(claims)}`;
  return `${said}.${createHmac("sha256", secret).update(said).digest("base64url")}`;
};

let test: TestServer;
beforeAll(async () => {
  test = await openTestServer({
    signIn: { kind: "secret", secret: SECRET, issuer: "acme", audience: "statusplane" },
    requestsPerMinute: 600_000,
  });
});
afterAll(() => test.close());

const good = { tenant_id: "1", iss: "acme", aud: "statusplane" };
const ask = (authorization: string | undefined, server = test.server) =>
  server.inject({
    url: "/api/v1/jobs/a/progress/",
    headers: authorization === undefined ? {} : { authorization },
  });

describe("a sign-in token", () => {
  it("is accepted when algorithm, secret, issuer, audience and time are right", async () => {
    expect((await ask(`Bearer ${await signedToken(good)}`)).statusCode).toBe(404);
    expect((await ask(`bearer  ${await signedToken(good)}`)).statusCode).toBe(404);
  });

  const hostile: Record<string, () => Promise<string> | string | undefined> = {
    "no header": () => undefined,
    "an empty header": () => "",
    "another scheme": () => "Basic YTpi",
    "no token": () => "Bearer ",
    "what is no token": () => "Bearer abc",
    "alg none": () => `Bearer ${base64url({ alg: "none" })}.${base64url({ ...good, exp: inAnHour() })}.`,
    "alg NonE with a signature": () => `Bearer ${byHand({ alg: "NonE" }, { ...good, exp: inAnHour() })}`,
    "alg HS512 with the right secret": async () =>
      `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: "HS512" }).setExpirationTime("1h").sign(new TextEncoder().encode(SECRET))}`,
    "an asymmetric alg": async () =>
      `Bearer ${await new SignJWT(good)
        .setProtectedHeader({ alg: "ES256" })
        .setExpirationTime("1h")
        .sign((await generateKeyPair("ES256")).privateKey)}`,
    "an embedded key": async () => {
      const { publicKey, privateKey } = await generateKeyPair("ES256");
      const jwk = await exportJWK(publicKey);
      const token = new SignJWT(good).setProtectedHeader({ alg: "ES256", jwk }).setExpirationTime("1h");
      return `Bearer ${await token.sign(privateKey)}`;
    },
    "a key from elsewhere": () =>
      `Bearer ${byHand({ alg: "HS256", jku: "http://127.0.0.1/keys", kid: "../../dev/null" }, { ...good, exp: inAnHour() }, "")}`,
    "an unknown critical header": () =>
      `Bearer ${byHand({ alg: "HS256", crit: ["x"], x: 1 }, { ...good, exp: inAnHour() })}`,
    "another secret": async () => `Bearer ${await signedToken(good, `${SECRET}!`)}`,
    "an empty secret": () => `Bearer ${byHand({ alg: "HS256" }, { ...good, exp: inAnHour() }, "")}`,
    "an expired one under another secret": async () =>
      `Bearer ${await signedToken({ ...good, exp: inAnHour() - 3_632 }, `${SECRET}!`)}`,
    "a watch token's audience, self-made": async () =>
      `Bearer ${await signedToken({ ...good, aud: "statusplane:watch", jobs: ["job:a"] })}`,
    "a flipped bit of the signature": async () => {
      const token = await signedToken(good);
      return `Bearer ${token.slice(0, -2)}${token.at(-2) === "A" ? "B" : "A"}${token.at(-1) ?? ""}`;
    },
    "another payload under the signature": async () => {
      const [header, , mac] = (await signedToken(good)).split(".");
      return `Bearer ${header ?? ""}.${base64url({ ...good, tenant_id: "2", exp: inAnHour() })}.${mac ?? ""}`;
    },
    "two tokens": async () => `Bearer ${await signedToken(good)}, Bearer ${await signedToken(good)}`,
  };

  it.each(Object.keys(hostile))("is refused with the same bytes: %s", async (name) => {
    const answer = await ask(await hostile[name]?.());
    const none = await ask(undefined);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
    expect(answer.body).toBe(none.body);
    expect(answer.json()).toMatchObject({ code: "unauthenticated", detail: "로그인이 필요합니다." });
  });

  it.each<[JWTPayload, string, string]>([
    [good, "claim_missing", "exp"],
    [{ ...good, exp: "9999999999" as never }, "claim_invalid", "exp: "],
    [{ ...good, exp: inAnHour() - 3_632 }, "unauthenticated", "exp: the token has expired"],
    [{ ...good, exp: inAnHour(), nbf: inAnHour() }, "claim_invalid", "nbf: the token is not valid yet"],
    [{ ...good, exp: inAnHour(), iss: "evil" }, "claim_invalid", "iss: not the issuer"],
    [{ tenant_id: "1", iss: "acme", exp: inAnHour() }, "claim_missing", "aud"],
    [{ ...good, exp: inAnHour(), aud: "another" }, "claim_invalid", "aud: "],
    [{ ...good, exp: inAnHour(), sub: "" }, "claim_invalid", "sub: text of 1–256 characters"],
    [{ ...good, exp: inAnHour(), sub: "a\0b" }, "claim_invalid", "sub: "],
    [{ ...good, exp: inAnHour(), sub: "\ud800" }, "claim_invalid", "sub: "],
    [{ ...good, exp: inAnHour(), sub: "x".repeat(257) }, "claim_invalid", "sub: "],
    [{ ...good, exp: inAnHour(), scope: 7 }, "claim_invalid", "scope: words"],
    [{ ...good, exp: inAnHour(), scope: [["watch"]] }, "claim_invalid", "scope: words"],
  ])("that is signed is told which claim is missing or does not fit: %#", async (claims, code, what) => {
    const answer = await ask(`Bearer ${byHand({ alg: "HS256" }, claims)}`);
    expect([answer.statusCode, answer.json().code]).toEqual([401, code]);
    expect(answer.json().detail).toContain(`(${what}`);
  });

  it.each([
    [{ member_no: "s1", sub: "u-77" }, "s1"],
    [{ member_no: 15, sub: "u-77" }, "15"],
    [{ member_no: null, sub: "u-77" }, "u-77"],
    [{ sub: "u-78" }, "u-78"],
  ])("is by the first claim of several that it has: %j", async (named, viewer) => {
    const claims = { subject: ["member_no", "sub"] };
    const other = await openTestServer({
      signIn: { kind: "secret", secret: SECRET, claims },
      viewRecords: new FakeViewRecords(),
    });
    const token = byHand({ alg: "HS256" }, { tenant_id: "1", exp: inAnHour(), ...named });
    const headers = { authorization: `Bearer ${token}` };
    const state = await other.server.inject({ url: "/api/v1/views/42/", headers });
    await other.close();
    expect(state.json()).toMatchObject({ viewer });
  });

  it("may name tenant and subject in claims of other names", async () => {
    const claims = { tenant: "org", subject: "https://acme.example/user" };
    const other = await openTestServer({ signIn: { kind: "secret", secret: SECRET, claims } });
    const submit = async (said: JWTPayload) =>
      other.server.inject({
        method: "POST",
        url: "/api/v1/jobs/",
        headers: { authorization: `Bearer ${await signedToken(said)}` },
        payload: { job_type: "notice", payload: { to: "all" } },
      });
    const named = { org: 9, tenant_id: "1", sub: "nobody", [claims.subject]: 42 };
    expect((await submit(named)).statusCode).toBe(202);
    expect([...other.records.rows.values()]).toMatchObject([{ ref: { tenant: "9" }, createdBy: "42" }]);
    expect((await submit({ tenant_id: "1" })).json()).toMatchObject({ status: 400, code: "tenant_required" });
    expect((await submit({ org: "a b" })).json().detail).toContain("(org: 1–64 letters");
    await other.close();
  });

  it("within the skew of 30 s is still accepted", async () => {
    expect((await ask(`Bearer ${await signedToken({ ...good, exp: inAnHour() - 3_610 })}`)).statusCode).toBe(
      404,
    );
  });

  it.each([undefined, null])("without a tenant is told so: %j", async (tenant) => {
    const answer = await ask(`Bearer ${await signedToken({ ...good, tenant_id: tenant })}`);
    expect(answer.json()).toMatchObject({
      status: 400,
      code: "tenant_required",
      detail: "tenant가 필요합니다.",
    });
  });

  it.each(["", "a:b", "a b", "x".repeat(65), 1.5, 2 ** 60, { a: 1 }, ["1"], true])(
    "with a tenant outside of the alphabet is told so: %j",
    async (tenant) => {
      const answer = await ask(`Bearer ${await signedToken({ ...good, tenant_id: tenant })}`);
      expect(answer.json()).toMatchObject({ status: 400, code: "tenant_required" });
      expect(answer.json().detail).toContain("(tenant_id: 1–64 letters");
    },
  );

  it("is the only place that names a tenant", async () => {
    test.store.putText(jobRef("2", "job", "a"), {
      attempt: 1,
      version: 0,
      status: "PENDING",
      text: "foreign",
    });
    const authorization = `Bearer ${await signedToken(good)}`;
    const plain = await ask(authorization);
    for (const headers of [
      { "x-tenant-id": "2" },
      { host: "2.acme.example" },
      { "x-forwarded-host": "2" },
      { cookie: "tenant=2" },
    ]) {
      const answer = await test.server.inject({
        url: "/api/v1/jobs/a/progress/?tenant=2&tenant_id=2",
        headers: { authorization, ...headers },
      });
      expect([answer.statusCode, answer.body]).toEqual([plain.statusCode, plain.body]);
    }
  });

  it("is forgotten when it expires", async () => {
    const other = await openTestServer();
    vi.useFakeTimers({ toFake: ["Date"] });
    const { authorization } = await signedIn(1);
    expect((await ask(authorization, other.server)).statusCode).toBe(404);
    vi.setSystemTime(Date.now() + 3_629_000);
    expect((await ask(authorization, other.server)).statusCode).toBe(404);
    vi.setSystemTime(Date.now() + 2_000);
    expect((await ask(authorization, other.server)).statusCode).toBe(401);
    await other.close();
  });
  afterEach(() => void vi.useRealTimers());

  it("has a budget of its own", async () => {
    const other = await openTestServer({ requestsPerMinute: 1 });
    const [alice, bob] = [await signedIn(1), await signedIn(1, { sub: "bob" })];
    const answers = await Promise.all(
      Array.from({ length: 11 }, () => ask(alice.authorization, other.server)),
    );
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused[0]?.json()).toMatchObject({ code: "rate_limited" });
    expect(Number(refused[0]?.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect((await ask(bob.authorization, other.server)).statusCode).toBe(404);
    await other.close();
  });
});

describe("a key set", () => {
  it("verifies asymmetric tokens, and no symmetric ones", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" };
    const fetch = async (): Promise<Response> => Response.json({ keys: [jwk] });
    const other = await openTestServer({
      signIn: { kind: "jwks", url: "https://keys.example/jwks", fetch },
      signingSecret: SECRET,
    });
    const token = await new SignJWT({ tenant_id: 1 })
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setExpirationTime("1h")
      .sign(privateKey);
    expect((await ask(`Bearer ${token}`, other.server)).statusCode).toBe(404);
    const confused = byHand(
      { alg: "HS256", kid: "k1" },
      { tenant_id: "1", exp: inAnHour() },
      JSON.stringify(jwk),
    );
    expect((await ask(`Bearer ${confused}`, other.server)).statusCode).toBe(401);
    await other.close();
  });
});

/** Other texts that every verifier takes for the same token. */
function spellings(token: string): readonly string[] {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = ALPHABET.indexOf(token.at(-1) ?? "");
  const loose = [0, 1, 2, 3].map((bits) => token.slice(0, -1) + (ALPHABET[(last & ~3) | bits] ?? "")); // 2 bits say nothing
  return ["Bearer ", "bearer ", "BEARER  ", "BeArEr   "].flatMap((scheme) =>
    loose.flatMap((each) => [`${scheme}${each}`, `${scheme}${each} `, `${scheme}${each}  `]),
  );
}

describe("a limit", () => {
  const answersOf = async (
    server: TestServer["server"],
    headers: readonly (string | undefined)[],
    url?: string,
  ) => {
    const counts: Record<number, number> = {};
    for (const authorization of headers) {
      const { statusCode } = await server.inject({
        url: url ?? "/api/v1/jobs/a/progress/",
        headers: authorization === undefined ? {} : { authorization },
      });
      counts[statusCode] = (counts[statusCode] ?? 0) + 1;
    }
    return counts;
  };

  it("of a token holds in whatever spelling it comes, and for misses alike", async () => {
    const token = await signedToken({ tenant_id: 1 });
    const written = spellings(token);
    expect(new Set(written).size).toBe(48);
    const other = await openTestServer({ requestsPerMinute: 1 });
    expect(await answersOf(other.server, written)).toEqual({ 404: 10, 429: 38 });
    await other.close();
    const strict = await openTestServer({ missesPerMinute: 1 });
    expect(await answersOf(strict.server, written, "/api/v1/jobs/guess/")).toEqual({ 404: 10, 429: 38 });
    await strict.close();
  });

  it("of a token outlives what is remembered of it", async () => {
    const limits = new Limits({ requestsPerMinute: 1 });
    const tokens = new TokenVerifier({
      signIn: await signInRules({ kind: "secret", secret: SECRET }),
      watchTokens: await WatchTokens.withKey(new Uint8Array(32)),
      limits,
      remembered: 1,
    });
    const [mine, others] = [await signedToken({ tenant_id: 1 }), await signedToken({ tenant_id: 2 })];
    const first = await tokens.verify(mine);
    await tokens.verify(others);
    expect(tokens.known(mine)).toBeNull();
    expect((await tokens.verify(mine)).budget).toBe(first.budget);
  });

  it("of a tenant counts all of its tokens together, watch tokens and playback too, and no other tenant's", async () => {
    const other = await openTestServer({ tenantRequestsPerMinute: 1 });
    const people = await Promise.all([1, 2, 3, 4].map((n) => signedIn(1, { sub: `p${n}` })));
    const mint = { method: "POST", url: "/api/v1/watch-token/", payload: { jobs: ["a"] } } as const;
    const minted = await other.server.inject({ ...mint, headers: await signedIn(1, { sub: "p1" }) });
    const watcher = `Bearer ${minted.json().watch_token}`;
    const all = [...people.map(({ authorization }) => authorization), watcher];
    expect(await answersOf(other.server, [...all, ...all, ...all])).toEqual({ 404: 9, 429: 6 });
    expect(await answersOf(other.server, [(await signedIn(2)).authorization])).toEqual({ 404: 1 });
    const signature = new PlaybackUrls({
      key: signingKeys({ kind: "secret", secret: SECRET })?.playback ?? new Uint8Array(),
      files: PLAYABLE,
    });
    const played = async (tenant: string) =>
      (await other.server.inject(signature.urlsOf(jobRef(tenant, "video", "a"), 1).url)).statusCode;
    expect([await played("1"), await played("2")]).toEqual([429, 404]);
    await other.close();
  });

  it("of an address counts what lets nobody in, and keeps nobody out who was let in before", async () => {
    const other = await openTestServer({ addressRefusalsPerMinute: 1, trustedProxies: ["10.0.0.1"] });
    const { authorization } = await signedIn(1);
    const from = async (
      remoteAddress: string,
      headers: Record<string, string> = {},
      url = "/api/v1/jobs/a/progress/",
    ) => (await other.server.inject({ url, headers, remoteAddress })).statusCode;
    expect(await from("192.0.2.1", { authorization })).toBe(404);
    for (let n = 0; n < 5; n++) {
      expect(await from("192.0.2.1")).toBe(401);
      expect(await from("::ffff:192.0.2.1", { authorization: `Bearer forged.${n}.x` })).toBe(401);
    }
    expect(await from("192.0.2.1")).toBe(429);
    expect(await from("192.0.2.1", { authorization: `Bearer ${await signedToken({ tenant_id: 9 })}` })).toBe(
      429,
    );
    expect(await from("192.0.2.1", {}, "/media/hls/forged/main.list")).toBe(429);
    expect(await from("192.0.2.1", { authorization })).toBe(404);
    expect(await from("192.0.2.2")).toBe(401);
    // A trusted proxy names the client, anybody else only itself.
    expect(await from("10.0.0.1", { "x-forwarded-for": "192.0.2.1" })).toBe(429);
    expect(await from("10.0.0.1", { "x-forwarded-for": "192.0.2.3" })).toBe(401);
    expect(await from("192.0.2.1", { "x-forwarded-for": "192.0.2.3" })).toBe(429);
    await other.close();
  });

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:0:1::7", "2001:db8:0:1::/64"],
    ["2001:0db8::1:aaaa:bbbb:cccc:dddd", "2001:db8:0:1::/64"],
    ["2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("takes %s for %s", (address, network) => expect(networkOf(address)).toBe(network));

  it("remembers so many keys at most, those first that are in use", () => {
    let nowMs = 0;
    const buckets = new KeyedBuckets({ perSecond: 1, burst: 2, now: () => nowMs }, 3);
    const busy = buckets.of("busy");
    busy.take();
    for (const key of ["rests", "too"]) buckets.of(key);
    buckets.of("new").take();
    expect([buckets.of("busy") === busy, buckets.of("new").take()]).toEqual([true, true]);
    for (const key of ["a", "b"]) buckets.of(key).take();
    expect(buckets.of("busy")).not.toBe(busy); // the oldest, where all are in use
    nowMs += 1;
  });
});

describe("a watch token", () => {
  let other: TestServer;
  let person: { authorization: string };
  beforeEach(async () => {
    other = await openTestServer({ demoTenants: DEMO_TENANTS });
    person = await signedIn(1);
    for (const tenant of ["1", "2"]) {
      for (const id of ["a", "b"]) {
        const text = `{"attempt":1,"version":0,"status":"PENDING","job_id":"${id}","of":"${tenant}"}`;
        other.store.putText(jobRef(tenant, "job", id), { attempt: 1, version: 0, status: "PENDING", text });
      }
    }
  });
  afterEach(() => other.close());

  const renew = async (payload: object, headers = person) =>
    other.server.inject({ method: "POST", url: "/api/v1/watch-token/", headers, payload });
  const tokenFor = async (payload: object) => ({
    authorization: `Bearer ${(await renew(payload)).json().watch_token}`,
  });

  it("reads the progress of the jobs it names, alone or in a batch, of its own tenant", async () => {
    const headers = await tokenFor({ jobs: ["a"] });
    expect((await other.server.inject({ url: "/api/v1/jobs/a/progress/", headers })).json()).toMatchObject({
      of: "1",
    });
    const batch = await other.server.inject({ url: "/api/v1/progress/?jobs=a,b&videos=a", headers });
    expect(Object.keys(batch.json().jobs)).toEqual(["a"]);
    expect(batch.json().missing).toEqual({ videos: ["a"], jobs: ["b"] });
  });

  it("finds nothing else, whatever it asks", async () => {
    const headers = await tokenFor({ jobs: ["a"] });
    const routes = [
      ["GET", "/api/v1/jobs/b/progress/"],
      ["GET", "/media/videos/a/progress/"],
      ["GET", "/api/v1/progress/?active=1"],
      ["GET", "/api/v1/progress/?jobs=a&active=1"],
      ["GET", "/api/v1/jobs/a/"],
      ["GET", "/api/v1/jobs/"],
      ["GET", "/media/videos/"],
      ["GET", "/api/v1/jobs/a/result/"],
      ["GET", "/media/videos/a/playback/"],
      ["POST", "/api/v1/jobs/"],
      ["POST", "/media/videos/"],
      ["POST", "/api/v1/jobs/a/cancel/"],
      ["POST", "/api/v1/jobs/a/retry/"],
      ["POST", "/api/v1/watch-token/"],
    ] as const;
    for (const [method, url] of routes) {
      const answer = await other.server.inject({ method, url, headers });
      expect([url, answer.statusCode, answer.json().code]).toEqual([url, 404, "not_found"]);
    }
    expect(other.records.statements).toEqual([]);
  });

  it("lives 15 minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const answer = await renew({ jobs: ["a"], videos: [42] });
    expect(Date.parse(answer.json().expires_at) - Date.now()).toBeLessThanOrEqual(900_000);
    const headers = { authorization: `Bearer ${answer.json().watch_token}` };
    vi.setSystemTime(Date.now() + 932_000);
    expect((await other.server.inject({ url: "/api/v1/jobs/a/progress/", headers })).statusCode).toBe(401);
    vi.useRealTimers();
  });

  it.each([
    [{}, "invalid_request"],
    [{ jobs: ["a b"] }, "invalid_request"],
    [{ jobs: "a" }, "invalid_request"],
    [{ jobs: Array.from({ length: 101 }, (_, index) => String(index)) }, "too_many_refs"],
    [{ jobs: Array.from({ length: 100 }, (_, index) => String(index).padStart(64, "x")) }, "too_many_refs"],
  ])("names jobs, up to what fits: %#", async (payload, code) => {
    expect((await renew(payload)).json()).toMatchObject({ status: 400, code });
  });
});

describe("the demo", () => {
  it("signs in as one of its tenants where it is on, and is unknown elsewhere", async () => {
    const other = await openTestServer({ demoTenants: DEMO_TENANTS });
    const list = await other.server.inject("/api/v1/demo/");
    expect(list.json()).toEqual({
      tenants: [
        { tenant: "1", name: "하나", viewers: [] },
        { tenant: "2", name: "둘", viewers: [{ viewer: "s2", name: "은솔" }] },
      ],
    });
    const signIn = (tenant: string) =>
      other.server.inject({ method: "POST", url: "/api/v1/demo/sign-in/", payload: { tenant } });
    const { token, ...rest } = (await signIn("2")).json();
    expect(rest).toMatchObject({ tenant: "2", name: "둘" });
    expect((await ask(`Bearer ${token}`, other.server)).statusCode).toBe(404);
    expect((await signIn("3")).statusCode).toBe(400);
    await other.close();
    expect((await test.server.inject("/api/v1/demo/")).statusCode).toBe(404);
    const answer = await test.server.inject({
      method: "POST",
      url: "/api/v1/demo/sign-in/",
      payload: { tenant: "1" },
    });
    expect(answer.statusCode).toBe(404);
  });

  it("signs in as one of a tenant's viewers, who may watch and play and nothing else", async () => {
    const other = await openTestServer({ demoTenants: DEMO_TENANTS });
    const signIn = (payload: object) =>
      other.server.inject({ method: "POST", url: "/api/v1/demo/sign-in/", payload });
    const { token, name } = (await signIn({ tenant: "2", viewer: "s2" })).json();
    expect(name).toBe("은솔");
    expect(decodeJwt(token)).toMatchObject({
      ...{ tenant_id: "2", sub: "s2", scope: "play watch", groups: ["2반"] },
    });
    const headers = { authorization: `Bearer ${token}` };
    const submit = await other.server.inject({ method: "POST", url: "/api/v1/jobs/", headers, payload: {} });
    expect(submit.json()).toMatchObject({ status: 403, code: "insufficient_scope" });
    expect((await signIn({ tenant: "1", viewer: "s2" })).statusCode).toBe(400);
    await other.close();
  });

  it("opens its own tenants and nobody else's, whoever signed the token", async () => {
    const other = await openTestServer({ demoTenants: DEMO_TENANTS });
    for (const [tenant, status] of [
      [1, 404],
      ["2", 404],
      ["3", 401],
      ["acme", 401],
      [undefined, 401],
    ] as const) {
      const answer = await ask(`Bearer ${await signedToken({ tenant_id: tenant })}`, other.server);
      expect([tenant, answer.statusCode]).toEqual([tenant, status]);
    }
    await other.close();
  });

  it("answers only to names of the loopback host, and to origins that are allowed by name", async () => {
    const allowedOrigins = ["https://demo.example.com", "http://box.local:8080"];
    const other = await openTestServer({ demoTenants: DEMO_TENANTS, loopbackOnly: true, allowedOrigins });
    const { authorization } = await signedIn(1);
    const named = async (host: string, url = "/api/v1/demo/") =>
      other.server.inject({ url, headers: { host, authorization } });
    for (const host of [
      "localhost",
      "LOCALHOST:3000",
      "localhost.:3000",
      "127.0.0.1:80",
      "127.9.8.7",
      "[::1]",
      "[::1]:3000",
      "demo.example.com",
      "Demo.Example.com",
      "box.local:8080",
    ]) {
      expect([host, (await named(host)).statusCode]).toEqual([host, 200]);
    }
    for (const host of [
      "evil.example",
      "evil.example:3000",
      "localhost.evil.example",
      "evil.localhost.example",
      "127.0.0.1.evil.example",
      "127.0.0.1:80:80",
      "localhost@evil.example",
      "128.0.0.1",
      "127.1",
      "0.0.0.0:3000",
      "192.168.0.7",
      "[::2]",
      "::1",
      "box.local",
      "demo.example.com:3000",
    ]) {
      for (const url of [
        "/",
        "/api/v1/demo/",
        "/api/v1/jobs/a/progress/",
        "/api/v1/people/",
        "/metrics",
        "/nowhere",
      ]) {
        const answer = await named(host, url);
        expect([host, url, answer.statusCode, answer.json().code]).toEqual([
          host,
          url,
          421,
          "host_not_served",
        ]);
      }
    }
    const preflight = await other.server.inject({
      method: "OPTIONS",
      url: "/api/v1/demo/sign-in/",
      headers: {
        host: "evil.example",
        origin: "http://evil.example",
        "access-control-request-method": "POST",
      },
    });
    expect(preflight.statusCode).toBe(421);
    await other.close();
  });

  it("is refused at start with a key set, as is a short secret", async () => {
    const signIn = { kind: "jwks", url: "https://keys.example" } as const;
    await expect(
      openTestServer({ signIn, signingSecret: SECRET, demoTenants: DEMO_TENANTS }),
    ).rejects.toThrow(/JWT_SECRET/);
    await expect(openTestServer({ signIn: { kind: "secret", secret: "short" } })).rejects.toThrow(/32 bytes/);
  });
});
