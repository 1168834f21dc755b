/** Run as a program of its own by embedded-database.test.ts: submits and claims until it is killed, telling each. */
import { jobRef } from "@statusplane/core";
import { openEmbeddedDatabase } from "@statusplane/postgres";

const database = await openEmbeddedDatabase({ dataDir: process.argv[2] ?? "" });
await database.reconciler.tick({ owner: "killed", leaseMs: 3_600_000, takeLimit: 0, takeMs: 0 });
for (let i = 0; ; i++) {
  const ref = jobRef("7", "job", `job-${i}`);
  await database.requests.submit({
    ref,
    jobType: "scan",
    title: null,
    payload: { i },
    createdBy: null,
    maxTries: 3,
  });
  await database.worker.claim(ref, "killed", 3_600_000);
  process.stdout.write(`${ref.id}\n`);
}
