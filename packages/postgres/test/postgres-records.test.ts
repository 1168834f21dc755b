import { openServerDatabase } from "@statusplane/postgres";
import { startPostgres, withClient } from "@statusplane/test-support";
import { describePostgresRecords } from "./describe-postgres-records.ts";

describePostgresRecords("a Postgres server", async () => {
  const server = await startPostgres();
  const url = await server.createDatabase("records");
  // a table that a statement does not call by its schema is not found
  await withClient(server.url, (client) => client.query("ALTER DATABASE records SET search_path = ''"));
  const database = await openServerDatabase({ url });
  return {
    database,
    async close() {
      await database.close();
      await server.stop();
    },
  };
});
