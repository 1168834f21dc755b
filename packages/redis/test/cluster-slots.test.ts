import { describe, expect, it } from "vitest";
import { slotOf, slotOwners } from "../src/status-store/cluster-slots.ts";

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
