import { afterAll, beforeAll, describe } from "vitest";
import { describeAttempts } from "./attempts.ts";
import { describeCheckpoints } from "./checkpoints.ts";
import { describeHistory } from "./history.ts";
import type { OpenedRecords } from "./opened-records.ts";
import { describeReconciler } from "./reconciler.ts";
import { describeRemoval } from "./removal.ts";
import { describeRequests } from "./requests.ts";
import { describeWorker } from "./worker.ts";

/**
 * What every adapter of the job records must do, without exception. Opens once: tests share the database and keep
 * apart by tenants of their own.
 */
export function describeJobRecords(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`job records: ${name}`, () => {
    let opened: OpenedRecords | undefined;
    const records = (): OpenedRecords => {
      if (opened === undefined) throw new Error("not open yet");
      return opened;
    };
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(() => opened?.close());
    describe("requests", () => void describeRequests(records));
    describe("worker", () => void describeWorker(records));
    describe("attempts", () => void describeAttempts(records));
    describe("checkpoints", () => void describeCheckpoints(records));
    describe("reconciler", () => void describeReconciler(records));
    describe("removal", () => void describeRemoval(records));
    describe("history", () => void describeHistory(records));
  });
}
