import { without, type Area, type Edit, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/postgres/src/${file}`;
const postgres = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/postgres/test/postgres-records.test.ts",
  title,
  stillGreen,
});

const server = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/postgres/test/server-database.test.ts",
  title,
  stillGreen,
});
const OLDER_ROW = "never take an entry with a row that is older than it";
const NO_WAIT = "do not wait for a row or entry that another holds";

/** The change is committed without its entry; the parameter of its time stays in use. */
const noEntry = (changed: string, dueInMs: string): Edit => [
  `entry AS (\${leaveEntry("${changed}", "${dueInMs}")})`,
  `entry AS (SELECT ${dueInMs} FROM ${changed})`,
];

const CANCELLED = "commits CANCELLED instead of any other end once a cancel was accepted";
const NEWER = "neither marks nor deletes an entry that a newer change has left meanwhile";
const SETTLED = "lets an entry settle, takes it a second time, and deletes it";
const FINISHED = "keeps a result of null apart from none, and a result in a file by its size";
/** Mark and delete differ in the word before. */
const DONE = `unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS done (tenant_id, kind, id, generation)
    WHERE entry.tenant_id = done.tenant_id AND entry.kind = done.kind AND entry.id = done.id`;
const anyGeneration = (word: string): Edit => [
  `${word} ${DONE}\n      AND entry.generation = done.generation`,
  `${word} ${DONE}`,
];

export const OUTBOX: Area = {
  title: "Outbox",
  mutants: [
    {
      name: "outbox-submit",
      why: "a process that dies after COMMIT leaves a job that nobody sees and nobody runs",
      file: at("submit.ts"),
      replace: [noEntry("created", "$2::float8")],
      test: postgres(
        "submits a job as PENDING of attempt 1, with an entry due after the committer's grace",
        "never overwrites a job by its id",
      ),
    },
    {
      name: "outbox-finish",
      why: "a worker that dies after COMMIT leaves its job shown as running for six hours",
      file: at("finish.ts"),
      replace: [noEntry("ended", "$2::float8")],
      test: postgres("finishes a %s with its result and a new entry", FINISHED),
    },
    {
      name: "outbox-fail-try",
      why: "a worker that dies after a failed try leaves the next one to nobody",
      file: at("fail-try.ts"),
      replace: [noEntry("ended", "$2::float8")],
      test: postgres(CANCELLED, "lets a failed try with tries left wait as the next attempt"),
    },
    {
      name: "outbox-hand-back",
      why: "a worker that dies while it shuts down leaves what it handed back to nobody",
      file: at("hand-back.ts"),
      replace: [noEntry("handed", "$2::float8")],
      test: postgres(
        CANCELLED,
        "hands a job back as the next attempt, to run at once, with the try given back",
      ),
    },
    {
      name: "outbox-cancel",
      why: "a process that dies after a cancel's COMMIT leaves the job shown as waiting for ever",
      file: at("cancel.ts"),
      replace: [noEntry("ended", "$2::float8")],
      test: postgres(
        "cancels a waiting job at once, and says so again",
        "does not cancel what has ended, or what another tenant has",
      ),
    },
    {
      name: "outbox-retry",
      why: "a process that dies after a retry's COMMIT leaves the new attempt unseen and not enqueued",
      file: at("retry.ts"),
      replace: [noEntry("again", "$2::float8")],
      test: postgres(
        "retries a failed job as a new attempt that knows nothing of the old end",
        "retries nothing else",
      ),
    },
    {
      name: "outbox-sweep",
      why: "a job whose worker was lost waits in the row, and neither its watchers nor the queue are told",
      file: at("sweep.ts"),
      replace: [noEntry("swept", "0")],
      test: postgres(
        "makes a lost lease the next attempt, due at once",
        "does not count a try that was handed back",
      ),
    },
    {
      name: "generation-of-the-entry",
      why: "a relay that read the row before a cancel deletes the cancel's entry, and the job is shown as waiting for ever",
      file: at("outbox-entry.ts"),
      replace: [without("generation = excluded.generation, ")],
      test: postgres(NEWER, SETTLED),
    },
    {
      name: "generation-in-mark",
      why: "a relay that acted on the older row puts the newer change's entry off",
      file: at("settle.ts"),
      replace: [anyGeneration("FROM")],
      test: postgres(NEWER, SETTLED),
    },
    {
      name: "generation-in-delete",
      why: "a relay that acted on the older row deletes the newer change's entry",
      file: at("settle.ts"),
      replace: [anyGeneration("USING")],
      test: postgres(NEWER, SETTLED),
    },
    {
      name: "generation-in-take",
      why: "a relay is given a new entry together with the old row, tells the old and forgets the new",
      file: at("take.ts"),
      replace: [without("entry.generation = due.generation AND ")],
      test: server(OLDER_ROW, NO_WAIT),
    },
    {
      name: "taken-by-one",
      why: "two relays that take at once tell everything twice",
      file: at("take.ts"),
      replace: [without("\n      FOR UPDATE OF entry SKIP LOCKED")],
      test: server(
        "are not given an entry that another is just taking",
        "cost exactly what the table says, by our count and by Postgres' own",
      ),
    },
    {
      name: "newer-change-settles-anew",
      why: "a change that comes within another's settle window is told once only, and a failover may lose that",
      file: at("outbox-entry.ts"),
      replace: [without(", applied_at = NULL")],
      test: postgres(
        "applies the entry of a newer change twice again, though the older one had settled",
        SETTLED,
      ),
    },
    {
      name: "lost-pending-rows",
      why: "after a loss of data what waits is shown to nobody",
      file: at("enqueue-lost.ts"),
      replace: [["WHERE status = 'PENDING' AND (tenant_id", "WHERE false AND (tenant_id"]],
      test: postgres(
        "gives only what waits an entry when the queue alone lost data",
        "pages what waits by key",
      ),
    },
    {
      name: "lost-ended-rows",
      why: "after a loss of data what ended lately is unknown to those who wait for it",
      file: at("enqueue-lost.ts"),
      replace: [["WHERE finished_at IS NOT NULL", "WHERE false"]],
      test: postgres(
        "gives what a loss concerns an entry, in pages of %i",
        "gives only what waits an entry when the queue alone lost data",
      ),
    },
  ],
};
