import { without, type Area, type Edit, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/postgres/src/${file}`;

/** In the contract suite, against a real Postgres. */
const postgres = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/postgres/test/postgres-records.test.ts",
  title,
  stillGreen,
});

const FOREIGN = "shows no tenant another's job, and lets none cancel or retry it, whatever its status";
const FOREIGN_END = "lets no tenant end another's job";
const OWN_EARLIER = "answers each tenant its own earlier job to an equal id or Idempotency-Key";
const FINISHED = "keeps a result of null apart from none, and a result in a file by its size";
/** Keeps the parameter, so that the statement stays one that Postgres takes. */
const tenantOf = (parameter: string, rest: string): Edit => [
  `WHERE tenant_id = ${parameter}::text ${rest}`,
  `WHERE ${parameter}::text IS NOT NULL ${rest}`,
];

export const TENANTS: Area = {
  title: "Tenants",
  mutants: [
    {
      name: "tenant-in-find",
      why: "a tenant reads another's record by its id",
      file: at("find.ts"),
      replace: [tenantOf("$2", "AND kind = $3::text AND id = $4::text`")],
      test: postgres(FOREIGN, FINISHED),
    },
    {
      name: "tenant-in-find-result",
      why: "a tenant reads another's result by its id",
      file: at("find.ts"),
      replace: [tenantOf("$1", "AND kind = $2::text AND id = $3::text AND result")],
      test: postgres(FOREIGN, FINISHED),
    },
    {
      name: "tenant-in-cancel",
      why: "a tenant cancels another's job by its id",
      file: at("cancel.ts"),
      replace: [tenantOf("$3", "AND kind")],
      test: postgres(FOREIGN, "cancels a waiting job at once, and says so again"),
    },
    {
      name: "tenant-in-retry",
      why: "a tenant runs another's job again by its id",
      file: at("retry.ts"),
      replace: [tenantOf("$3", "AND kind")],
      test: postgres(FOREIGN, "retries a cancelled job, whose cancel is then forgotten"),
    },
    {
      name: "tenant-in-remove",
      why: "a tenant removes another's job by its id",
      file: at("remove.ts"),
      replace: [tenantOf("$2", "AND kind")],
      test: postgres(
        "knows no other tenant's job, no unknown one, and none that is gone",
        "removes each kind of end, and nothing that has not ended",
      ),
    },
    {
      name: "only-declared-files",
      why: "whatever lies in an attempt's folder is given to whoever guesses its name",
      file: "packages/server/src/outputs/job-outputs.ts",
      replace: [
        [
          "return names.includes(name) ? snapshot.attempt : null;",
          "return names.length > 0 ? snapshot.attempt : null;",
        ],
      ],
      test: {
        project: "unit",
        file: "packages/server/test/declared-files.test.ts",
        title: "is the only one: %s is not there",
        stillGreen: "is an attachment, of the attempt that the snapshot names, without a statement",
      },
    },
    {
      name: "tenant-in-history",
      why: "a tenant's history shows every tenant's jobs",
      file: at("page.ts"),
      replace: [tenantOf("$2", "AND kind = $3::text\n          AND (created_at")],
      test: postgres(
        "filters by status, job type and submitter, and shows one tenant's one kind",
        "refuses the cursor %j",
      ),
    },
    {
      name: "tenant-in-idempotency-key",
      why: "a key that another tenant has used answers with its job",
      file: at("submit.ts"),
      replace: [tenantOf("$2", "AND key")],
      test: postgres(OWN_EARLIER, "never overwrites a job by its id"),
    },
    {
      name: "tenant-in-repeated-submit",
      why: "an id that another tenant has used is a conflict, or answers with its job",
      file: at("submit.ts"),
      replace: [tenantOf("$2", "AND kind")],
      test: postgres(OWN_EARLIER, "never overwrites a job by its id"),
    },
    {
      name: "tenant-in-claim",
      why: "a forged delivery starts another tenant's job",
      file: at("claim.ts"),
      replace: [tenantOf("$2", "AND kind")],
      test: postgres(
        "has nothing to claim where the job has ended, is unknown or another tenant's",
        "claims a waiting job: same attempt, one try more",
      ),
    },
    {
      name: "tenant-in-renew",
      why: "a worker that holds a job of one tenant keeps another tenant's job of the same id running",
      file: at("renew.ts"),
      replace: [
        without("job.tenant_id = held.tenant_id AND "),
        ["RETURNING job.tenant_id,", "RETURNING held.tenant_id,"],
      ],
      test: postgres(
        "renews no lease in the name of another tenant",
        "leaves alone what is renewed, up to the limit ends the oldest",
      ),
    },
    {
      name: "tenant-in-finish",
      why: "a job of another tenant with the same id is ended with this one's result",
      file: at("finish.ts"),
      replace: [tenantOf("$3", "AND kind")],
      test: postgres(FOREIGN_END, FINISHED),
    },
    {
      name: "tenant-in-fail-try",
      why: "a job of another tenant with the same id fails with this one's error",
      file: at("fail-try.ts"),
      replace: [tenantOf("$3", "AND kind")],
      test: postgres(FOREIGN_END, "lets a failed try with tries left wait as the next attempt"),
    },
    {
      name: "tenant-in-hand-back",
      why: "a job of another tenant with the same id is taken from its worker",
      file: at("hand-back.ts"),
      replace: [tenantOf("$3", "AND kind")],
      test: postgres(
        FOREIGN_END,
        "hands a job back as the next attempt, to run at once, with the try given back",
      ),
    },
  ],
};
