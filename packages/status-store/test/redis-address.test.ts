import { describe, expect, it } from "vitest";
import { slotOf, tagPerMaster } from "../src/redis/cluster-slots.ts";
import { hostsWithoutPassword, parseRedisUrl } from "../src/redis/redis-address.ts";

describe("a Redis URL", () => {
  it.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0 }],
    ["redis://:p%40ss@10.0.0.1:7000/3", { host: "10.0.0.1", port: 7000, db: 3, password: "p@ss" }],
    [
      "rediss://me:secret@[::1]:6380",
      { host: "::1", port: 6380, db: 0, username: "me", password: "secret", tls: {} },
    ],
  ])("names a single server: %s", (url, options) => {
    expect(parseRedisUrl(url)).toEqual({ mode: "single", options });
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
        options: { username: "u", password: "p" },
      });
    },
  );

  it("names sentinels and their master", () => {
    expect(parseRedisUrl("redis-sentinel://:p@h1,h2:26380,h3/main")).toEqual({
      mode: "sentinel",
      options: {
        password: "p",
        name: "main",
        sentinels: [
          { host: "h1", port: 26379 },
          { host: "h2", port: 26380 },
          { host: "h3", port: 26379 },
        ],
      },
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

describe("slots of a Cluster", () => {
  it("are CRC16 of the key modulo 16,384", () => {
    expect(slotOf("123456789")).toBe(0x31c3);
    expect(slotOf("")).toBe(0);
  });

  it("give each master one tag, the same in any order of the ranges", () => {
    const ranges = [
      [0, 5460, ["h", 1, "node-a"]],
      [5461, 10922, ["h", 2, "node-b"]],
      [10923, 16382, ["h", 3, "node-c"]],
      [16383, 16383, ["h", 1, "node-a"]],
    ] as const;
    const tags = tagPerMaster(ranges);
    expect(tags).toHaveLength(3);
    expect(tagPerMaster([...ranges].reverse())).toEqual(tags);
    const owners = tags.map((tag) => {
      const slot = slotOf(tag.slice(1, -1));
      return ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][2];
    });
    expect(owners).toEqual(["node-a", "node-b", "node-c"]);
  });
});
