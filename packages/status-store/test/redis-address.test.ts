import { describe, expect, it } from "vitest";
import { slotOf, slotOwners } from "../src/redis/cluster-slots.ts";
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
    const sentinels = [
      { host: "h1", port: 26379 },
      { host: "h2", port: 26380 },
      { host: "h3", port: 26379 },
    ];
    expect(parseRedisUrl("redis-sentinel://:p@h1,h2:26380,h3/main")).toEqual({
      mode: "sentinel",
      sentinels,
      name: "main",
      options: { password: "p", name: "main", sentinels },
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

  it.each(["{123456789}", "a{123456789}b{c}", "{123456789}}"])("of %s are those of its hash tag", (name) => {
    expect(slotOf(name)).toBe(0x31c3);
  });

  it.each(["{}123456789", "{123456789", "}{"])(
    "of %s, which has no hash tag, are those of the whole",
    (name) => {
      expect(slotOf(name)).not.toBe(0x31c3);
      expect(slotOf(`{${name}`)).not.toBe(slotOf(name));
    },
  );

  it("have one owner each", () => {
    const owners = slotOwners([
      [0, 5460, ["h", 1, "node-a"]],
      [5461, 5461, ["h", 2, "node-b"], ["h", 4, "node-d"]],
      [5463, 16383, ["h", 3, "node-c"]],
    ]);
    expect([0, 5460, 5461, 5462, 5463, 16383].map((slot) => owners[slot])).toEqual([
      "h:1",
      "h:1",
      "h:2",
      undefined,
      "h:3",
      "h:3",
    ]);
  });
});
