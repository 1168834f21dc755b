import { describe, expect, it } from "vitest";
import { hostsWithoutPassword, parseRedisUrl } from "../src/index.ts";

describe("a Redis URL", () => {
  it.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0, access: {} }],
    [
      "redis://:p%40ss@10.0.0.1:7000/3",
      { host: "10.0.0.1", port: 7000, db: 3, access: { password: "p@ss" } },
    ],
    [
      "rediss://me:secret@[::1]:6380",
      { host: "::1", port: 6380, db: 0, access: { username: "me", password: "secret", tls: {} } },
    ],
  ])("names a single server: %s", (url, parts) => {
    expect(parseRedisUrl(url)).toEqual({ mode: "single", ...parts });
  });

  it.each(["redis://u:p@a:7000,b,c:7002", "redis://u:p@a:7000,redis://b,redis://c:7002"])(
    "names nodes of a Cluster: %s",
    (url) => {
      expect(parseRedisUrl(url, true)).toEqual({
        mode: "cluster",
        nodes: [
          { host: "a", port: 7000 },
          { host: "b", port: 6379 },
          { host: "c", port: 7002 },
        ],
        access: { username: "u", password: "p" },
      });
    },
  );

  it("names sentinels and their master", () => {
    expect(parseRedisUrl("redis-sentinel://:p@h1,h2:26380,h3/main")).toEqual({
      mode: "sentinel",
      sentinels: [
        { host: "h1", port: 26379 },
        { host: "h2", port: 26380 },
        { host: "h3", port: 26379 },
      ],
      name: "main",
      access: { password: "p" },
    });
  });

  it.each([
    "",
    "http://x",
    "redis://",
    "redis://a,b",
    "redis://a/name",
    "redis-sentinel://a",
    "redis://a:b:c",
  ])("that cannot be understood is a TypeError: %j", (url) => {
    expect(() => parseRedisUrl(url)).toThrow(TypeError);
  });
});

describe("hosts that a URL names without a password", () => {
  it.each([
    ["redis://10.0.0.1:7000/3", false, ["10.0.0.1"]],
    ["redis://someone@cache", false, ["cache"]],
    ["rediss://[::1]:6380", false, ["::1"]],
    ["redis://a:1,b", true, ["a", "b"]],
    ["redis-sentinel://h1,h2/main", false, ["h1", "h2"]],
    ["redis://:p@10.0.0.1", false, []],
    ["redis://u:p@a,b", true, []],
    ["redis-sentinel://:p@h1,h2/main", false, []],
  ] as const)("%s (Cluster: %s): %j", (url, cluster, hosts) => {
    expect(hostsWithoutPassword(url, cluster)).toEqual(hosts);
  });
});
