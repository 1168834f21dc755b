import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Check, ContractContext, OpenedStore, OpenStore, Skip } from "./contract-types.ts";
import { describeFeed } from "./feed-contract.ts";
import { describeHistories } from "./histories-contract.ts";
import { describeLists } from "./lists-contract.ts";
import { describeLives } from "./lives-contract.ts";
import { describeRemoval } from "./removal-contract.ts";
import { describeReads } from "./reads-contract.ts";
import { describeWrites } from "./writes-contract.ts";

/** The contract of `StatusStore`: every adapter runs it against the real service behind it. */
export function describeStatusStore(
  name: string,
  open: OpenStore,
  { skip = [] }: { readonly skip?: readonly Skip[] } = {},
): void {
  const reasons = new Map(skip.flatMap(({ reason, tests }) => tests.map((test) => [test, reason] as const)));
  const skipped = new Set<string>();
  const check: Check = (test, body, timeoutMs) => {
    const reason = reasons.get(test);
    const title = reason === undefined ? test : `${test} (${reason})`;
    if (reason !== undefined) skipped.add(test);
    // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- defines the tests that others wrote
    it.skipIf(reason !== undefined)(title, body, timeoutMs);
  };

  describe(`${name} keeps the contract of a status store`, () => {
    let shared: OpenedStore | undefined;
    beforeAll(async () => {
      shared = await open();
    });
    afterAll(() => shared?.close());
    const opened = (): OpenedStore => {
      if (shared === undefined) throw new Error("the store is opened before the tests");
      return shared;
    };
    const context: ContractContext = { check, opened, open };
    describe("writes", () => {
      describeWrites(context);
    });
    describe("lives", () => {
      describeLives(context);
    });
    describe("reads", () => {
      describeReads(context);
    });
    describe("feed", () => {
      describeFeed(context);
    });
    describe("lists", () => {
      describeLists(context);
    });
    describe("removal", () => {
      describeRemoval(context);
    });
    describe("histories", () => {
      describeHistories(context);
    });

    it("is closed twice without harm", async () => {
      const { store, close } = await open();
      await store.close();
      await expect(store.close()).resolves.toBeUndefined();
      await expect(store[Symbol.asyncDispose]()).resolves.toBeUndefined();
      await close();
    });

    it("skips only tests that exist", () => {
      expect([...reasons.keys()].filter((test) => !skipped.has(test))).toEqual([]);
    });
  });
}
