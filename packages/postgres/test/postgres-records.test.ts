import { openServerDatabase } from "@statusplane/postgres";
import { startPostgres } from "@statusplane/test-support";
import { describeJobRecords } from "./contract/describe-job-records.ts";

describeJobRecords("a Postgres server", async () => {
  const server = await startPostgres();
  const database = await openServerDatabase({ url: await server.createDatabase() });
  return {
    database,
    async close() {
      await database.close();
      await server.stop();
    },
  };
});
