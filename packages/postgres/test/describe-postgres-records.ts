import { describeJobRecords } from "@statusplane/core/testing/job-records";
import { describeViewRecords } from "@statusplane/core/testing/views";
import type { Database } from "@statusplane/postgres";
import { afterAll, beforeAll, describe } from "vitest";
import { openedRecords } from "./open-rows.ts";
import { describeAttemptRows } from "./rows/attempt-rows.ts";
import { describeHistoryRows } from "./rows/history-rows.ts";
import { describeReconcilerRows } from "./rows/reconciler-rows.ts";
import { describeViewRows, lead } from "./rows/view-rows.ts";

export interface OpenedDatabase {
  readonly database: Database;
  close(): Promise<void>;
}

/** The contracts of the records of jobs and of views, and in the same database what only its tables and plans show. */
export function describePostgresRecords(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`${name}, as its tables show it`, () => {
    let opened: OpenedDatabase | undefined;
    const database = (): Database => {
      if (opened === undefined) throw new Error("not open yet");
      return opened.database;
    };
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(() => opened?.close());
    describeJobRecords(name, async () => openedRecords(database(), async () => undefined));
    describeViewRecords(name, async () => ({
      views: database().views,
      lead: (owner) => lead(database(), owner),
      close: async () => undefined,
    }));
    describe("attempts' rows", () => void describeAttemptRows(database));
    describe("the reconciler's rows", () => void describeReconcilerRows(database));
    describe("history's rows", () => void describeHistoryRows(database));
    describe("views' rows", () => void describeViewRows(database));
  });
}
