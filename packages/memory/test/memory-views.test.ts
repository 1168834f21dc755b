import { describeViewFeed, describeViewRecords, describeViews } from "@statusplane/core/testing/views";
import { openMemoryStatusStore } from "../src/index.ts";
import { MemoryViewRecords } from "../src/testing.ts";

describeViews("memory", async (viewsNow) => openMemoryStatusStore({ viewsNow }));

describeViewFeed("memory", async () => openMemoryStatusStore());

describeViewRecords("memory", async () => {
  const views = new MemoryViewRecords();
  return {
    views,
    lead: async (owner) => void (views.leader = owner),
    close: async () => undefined,
  };
});
