import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedDatabase } from "@statusplane/postgres";
import { describePostgresRecords } from "./describe-postgres-records.ts";

describePostgresRecords("the embedded Postgres", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "statusplane-embedded-"));
  const database = await openEmbeddedDatabase({ dataDir });
  return {
    database,
    async close() {
      await database.close();
      await rm(dataDir, { recursive: true });
    },
  };
});
