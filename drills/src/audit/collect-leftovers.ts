import { createCollector, folderPaths, type Collected } from "@statusplane/runtime";
import { openServerDatabase } from "@statusplane/postgres";
import type { Fleet } from "../fleet/fleet.ts";

const TOMORROW_MS = 25 * 3_600_000;
/** So long that no input goes: what is about to be tried again needs it. */
const INPUT_RETENTION_SECONDS = 365 * 86_400;

/**
 * The product's own collector, as it will find the folder tomorrow: who died between a COMMIT and the removal of the
 * attempt's outputs has left them to it. What it leaves is the audit's finding.
 */
export async function collectLeftovers(fleet: Fleet): Promise<Collected> {
  const database = await openServerDatabase({ url: fleet.databaseUrl });
  try {
    return await createCollector(folderPaths(fleet.dataFolder)).collect({
      attemptsOf: (refs) => database.reconciler.attemptsOf(refs),
      inputRetentionSeconds: INPUT_RETENTION_SECONDS,
      nowMs: Date.now() + TOMORROW_MS,
      pauseMs: 0,
    });
  } finally {
    await database.close();
  }
}
