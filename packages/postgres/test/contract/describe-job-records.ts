import { afterAll, beforeAll, describe } from "vitest";
import type { Database } from "@statusplane/postgres";
import { describeAttempts } from "./attempts.ts";
import { describeCheckpoints } from "./checkpoints.ts";
import { describeHistory } from "./history.ts";
import { describeReconciler } from "./reconciler.ts";
import { describeRemoval } from "./removal.ts";
import { describeRequests } from "./requests.ts";
import { describeWorker } from "./worker.ts";

export interface Opened {
  readonly database: Database;
  close(): Promise<void>;
}

/**
 * What every adapter of the job records must do, without exception. Opens once: tests share the database and keep
 * apart by tenants of their own.
 */
export function describeJobRecords(name: string, open: () => Promise<Opened>): void {
  describe(`job records: ${name}`, () => {
    let opened: Opened | undefined;
    const database = (): Database => {
      if (opened === undefined) throw new Error("not open yet");
      return opened.database;
    };
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(() => opened?.close());
    describe("requests", () => void describeRequests(database));
    describe("worker", () => void describeWorker(database));
    describe("attempts", () => void describeAttempts(database));
    describe("checkpoints", () => void describeCheckpoints(database));
    describe("reconciler", () => void describeReconciler(database));
    describe("removal", () => void describeRemoval(database));
    describe("history", () => void describeHistory(database));
  });
}
