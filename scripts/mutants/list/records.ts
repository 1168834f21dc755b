import { without, type Area, type Edit, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/postgres/src/${file}`;

/** In the contract suite, against a real Postgres. */
const postgres = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/postgres/test/postgres-records.test.ts",
  title,
  stillGreen,
});

const ANOTHERS = "lets nobody end a job with an attempt that is not the running one";
const CANCELLED = "commits CANCELLED instead of any other end once a cancel was accepted";
const HANDED_BACK = "hands a job back as the next attempt, to run at once, with the try given back";
const TRY_AGAIN = "lets a failed try with tries left wait as the next attempt";
const FINISHED = "keeps a result of null apart from none, and a result in a file by its size";
const CLAIMED = "claims a waiting job: same attempt, one try more";
/** Keeps the parameter, so that the statement stays one that Postgres takes. */
const ANY_ATTEMPT = "AND $6::int IS NOT NULL AND status = 'PROCESSING'";
const attemptGuardBefore = (rest: string): Edit => [
  `AND attempt = $6::int AND status = 'PROCESSING'\n${rest}`,
  `${ANY_ATTEMPT}\n${rest}`,
];

export const RECORDS: Area = {
  title: "Records",
  mutants: [
    {
      name: "attempt-guard-finish",
      why: "a worker that was paused and replaced records its own end of its successor's attempt",
      file: at("finish.ts"),
      replace: [attemptGuardBefore("      RETURNING *")],
      test: postgres(ANOTHERS, FINISHED),
    },
    {
      name: "attempt-guard-fail-try",
      why: "a late failure of the attempt before ends the one that runs",
      file: at("fail-try.ts"),
      replace: [attemptGuardBefore("      FOR UPDATE"), attemptGuardBefore("      RETURNING job.*")],
      test: postgres(ANOTHERS, TRY_AGAIN),
    },
    {
      name: "attempt-guard-hand-back",
      why: "a worker that shuts down late takes the job away from the one that runs it",
      file: at("hand-back.ts"),
      replace: [["attempt = $6::int", "$6::int IS NOT NULL"]],
      test: postgres(ANOTHERS, HANDED_BACK),
    },
    {
      name: "attempt-guard-renew",
      why: "a replaced worker goes on as if it held the lease",
      file: at("renew.ts"),
      replace: [without("AND job.attempt = held.attempt ")],
      test: postgres(
        "renews the leases that are held, says who is to be cancelled, and leaves out what is lost",
        "leaves alone what is renewed, up to the limit ends the oldest",
      ),
    },
    {
      name: "attempt-guard-import-chunk",
      why: "a replaced import goes on writing students",
      file: "apps/academy/src/jobs/excel-import/write-students.ts",
      replace: [["id = $2 AND attempt = $3 AND", "id = $2 AND $3::int IS NOT NULL AND"]],
      test: {
        project: "unit",
        file: "apps/academy/test/excel-import/import-attempts.test.ts",
        title: "writes nothing once it is fenced off",
        stillGreen: "goes on where the one before stopped, with the counts of both and all rejected rows",
      },
    },
    {
      name: "checkpoint-with-renewal",
      why: "a renewal that has no news wipes out where the next attempt would go on",
      file: at("renew.ts"),
      replace: [["coalesce(held.checkpoint::json, job.checkpoint)", "held.checkpoint::json"]],
      test: postgres(
        "keeps many jobs' checkpoints by the one statement that renews their leases",
        "takes none from a worker that has lost the job",
      ),
    },
    {
      name: "checkpoint-ends-with-the-job",
      why: "what a person starts anew goes on in the middle of the story before",
      file: at("fail-try.ts"),
      replace: [
        [
          "CASE next_status WHEN 'PENDING' THEN coalesce($13::json, checkpoint) END",
          "coalesce($13::json, checkpoint)",
        ],
      ],
      test: postgres(
        "keeps none beyond the job's end, nor for a person's retry",
        "gives the newest to the next attempt, whatever ended the one before",
      ),
    },
    {
      name: "remove-only-finished",
      why: "a job that runs is removed under its worker",
      file: at("remove.ts"),
      replace: [[" AND finished_at IS NOT NULL\n      RETURNING tenant_id,", "\n      RETURNING tenant_id,"]],
      test: postgres(
        "removes each kind of end, and nothing that has not ended",
        "knows no other tenant's job, no unknown one, and none that is gone",
      ),
    },
    {
      name: "removal-reaches-the-relay",
      why: "a job is removed from the database while Redis was away, and is shown for ever",
      file: at("take.ts"),
      replace: [
        ["FROM taken LEFT JOIN", "FROM taken JOIN"],
        ["(taken LEFT JOIN", "(taken JOIN"],
      ],
      test: postgres(
        "gives the relay the entry without a row, at its tick too, until it was applied twice",
        "frees the Idempotency-Key: what comes with it again is a new job",
      ),
    },
    {
      name: "end-is-final-sql",
      why: "an ended job is ended again, and its result replaced",
      file: at("finish.ts"),
      replace: [["AND attempt = $6::int AND status = 'PROCESSING'", "AND attempt = $6::int"]],
      test: postgres("ends a job once: neither a waiting nor an ended one can be ended", FINISHED),
    },
    {
      name: "claim-only-pending",
      why: "a delivery that comes twice runs the job twice at once",
      file: at("claim.ts"),
      replace: [["AND status = 'PENDING' AND run_at <= now()", "AND run_at <= now()"]],
      test: postgres("gives a job to one of twenty who claim it at once, for one try", CLAIMED),
    },
    {
      name: "claim-not-before-its-time",
      why: "a job that failed is tried again at once, without its backoff",
      file: at("claim.ts"),
      replace: [without(" AND run_at <= now()")],
      test: postgres("says when to come back for a job that waits for its next try", CLAIMED),
    },
    {
      name: "tries-run-out",
      why: "a file that kills its worker kills one worker after another, for ever",
      file: at("sweep.ts"),
      replace: [["WHEN tries < max_tries THEN 'PENDING'", "WHEN tries > 0 THEN 'PENDING'"]],
      test: postgres(
        "calls a job poison when every try lost its worker",
        "makes a lost lease the next attempt, due at once",
      ),
    },
    {
      name: "claim-released-by-its-name",
      why: "a claim that was never carried out takes the job from the worker that runs it",
      file: at("hand-back.ts"),
      replace: [["lease_owner = $6::text", "$6::text IS NOT NULL"]],
      test: postgres("hands back what a claim took, by that claim's own name alone", HANDED_BACK),
    },
    {
      name: "try-given-back",
      why: "every deploy uses up a try of every running job",
      file: at("hand-back.ts"),
      replace: [["greatest(0, tries - 1)", "tries"]],
      test: postgres(HANDED_BACK, CANCELLED),
    },
    {
      name: "cancel-before-finish",
      why: "a job whose cancel was accepted ends as done",
      file: at("finish.ts"),
      replace: [["CASE WHEN cancel_requested THEN 'CANCELLED' ELSE $7::text END", "$7::text"]],
      test: postgres(CANCELLED, FINISHED),
    },
    {
      name: "cancel-before-another-try",
      why: "a job whose cancel was accepted starts again after its try has failed",
      file: at("fail-try.ts"),
      replace: [["CASE WHEN cancel_requested THEN 'CANCELLED'\n             WHEN $7", "CASE WHEN $7"]],
      test: postgres(CANCELLED, TRY_AGAIN),
    },
    {
      name: "cancel-before-hand-back",
      why: "a job whose cancel was accepted starts again after a deploy",
      file: at("hand-back.ts"),
      replace: [
        ["CASE WHEN cancel_requested THEN 'CANCELLED' ELSE 'PENDING' END", "'PENDING'"],
        ["CASE WHEN cancel_requested THEN 0 ELSE 1 END", "1"],
        ["CASE WHEN cancel_requested THEN now() END", "NULL"],
        ["CASE WHEN cancel_requested THEN 'cancelled' END", "NULL"],
      ],
      test: postgres(CANCELLED, HANDED_BACK),
    },
    {
      name: "cancel-before-sweep",
      why: "a job whose cancel was accepted starts again after its worker died",
      file: at("sweep.ts"),
      replace: [["CASE WHEN cancel_requested THEN 'CANCELLED'\n             WHEN tries", "CASE WHEN tries"]],
      test: postgres(
        "commits CANCELLED for a lost lease once a cancel was accepted",
        "makes a lost lease the next attempt, due at once",
      ),
    },
    {
      name: "sweep-only-what-is-over",
      why: "every running job is taken from its worker at the next sweep",
      file: at("sweep.ts"),
      replace: [["AND lease_until < now()", "AND lease_until IS NOT NULL"]],
      test: postgres(
        "leaves alone what is renewed, up to the limit ends the oldest",
        "makes a lost lease the next attempt, due at once",
      ),
    },
    {
      name: "statement-counting",
      why: "the product says that watching costs the database nothing, whatever it costs",
      file: at("connections.ts"),
      replace: [without("this.#counts[cause] += 1;")],
      test: {
        project: "unit",
        file: "packages/postgres/test/server-database.test.ts",
        title: "cost exactly what the table says, by our count and by Postgres' own",
        stillGreen: "keep all of their statements or none",
      },
    },
  ],
};
