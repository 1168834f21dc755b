import { without, type Area, type NamedTest } from "../mutant.ts";

const at = (file: string): string => `packages/server/src/${file}`;
const progress = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/server/test/progress.test.ts",
  title,
  stillGreen,
});

export const READING: Area = {
  title: "Reading",
  mutants: [
    {
      name: "unavailable-is-not-missing",
      why: "an outage of Redis looks like 'no such job', and pages drop what they watch",
      file: at("progress/progress-routes.ts"),
      replace: [["reply.send(error);", 'sendProblem(reply, "not_found");']],
      test: progress(
        "answer 503 with Retry-After while the store is away, and never ask the database",
        "answer unknown, foreign and malformed ids with the same bytes",
      ),
    },
    {
      name: "requests-have-a-deadline",
      why: "a Redis that hangs holds every request for ever",
      file: "packages/redis/src/status-store/deadline.ts",
      replace: [["setImmediate(() => reject(", "setImmediate(() => void ("]],
      test: {
        project: "unit",
        file: "packages/redis/test/deadline.test.ts",
        title: "ends the wait for an answer that does not come",
        stillGreen: "passes on what comes in time, answer or error",
      },
    },
    {
      name: "breaker-counts-a-row",
      why: "five slow answers in a month close a healthy Redis off",
      file: "packages/redis/src/status-store/breaker.ts",
      replace: [["succeeded(): void {\n    this.#failures = 0;", "succeeded(): void {"]],
      test: {
        project: "unit",
        file: "packages/redis/test/breaker.test.ts",
        title: "opens after five failures in a row, not after five in all",
        stillGreen: "probes at once when there is a reason to, and only while open",
      },
    },
    {
      name: "read-path-imports",
      why: "nothing keeps progress routes from reaching the database",
      file: "scripts/check-imports.ts",
      replace: [
        [
          "return { files: files.length, violations: [...violations, ...readPathViolations(files)] };",
          "return { files: files.length, violations };",
        ],
      ],
      test: {
        project: "unit",
        file: "test/workspace/imports.test.ts",
        title: "refuses %s",
        stillGreen: "is kept by the small tree before anything is planted",
      },
    },
    {
      name: "watch-token-names-its-jobs",
      why: "whoever was given one job to watch watches all of the tenant",
      file: at("progress/progress-routes.ts"),
      replace: [['identity.kind === "watcher" && !identity.jobs.has(keyInTenant(ref)) ? null : ref', "ref"]],
      test: {
        project: "unit",
        file: "packages/server/test/sign-in.test.ts",
        title: "finds nothing else, whatever it asks",
        stillGreen: "lives 15 minutes",
      },
    },
    {
      name: "scope-is-checked",
      why: "a token that may only watch cancels and deletes",
      file: at("auth/route-scopes.ts"),
      replace: [["if (scopes === null || scopes.has(scope)) return done();", "return done();"]],
      test: {
        project: "unit",
        file: "packages/server/test/route-scopes.test.ts",
        title: "lacks the application's own word is refused at its route",
        stillGreen: "has every route that is registered, and no other",
      },
    },
    {
      name: "origin-of-what-changes",
      why: "a page anywhere has a visitor's browser submit and cancel with the visitor's cookies",
      file: at("auth/authenticate.ts"),
      replace: [["if (isOwn && !own.mayChange(request)) {", 'if (isOwn && request.method === "") {']],
      test: {
        project: "unit",
        file: "packages/server/test/own-sign-in.test.ts",
        title: "is let through as its page is: %j",
        stillGreen: "is asked nothing when it only reads, and nothing when a token of ours signs it in",
      },
    },
    {
      name: "detail-is-single-flight",
      why: "everybody who waits for one job reads its row at the same moment",
      file: at("detail/detail-reads.ts"),
      replace: [without("if (underWay !== undefined) return underWay.row;")],
      test: {
        project: "unit",
        file: "packages/server/test/records.test.ts",
        title: "asked at once are one statement; one that fails is told to all of them and not remembered",
        stillGreen: "begun before a change are not remembered after it",
      },
    },
    {
      name: "detail-tells-the-store",
      why: "what is older than the recovery window costs a statement at every look, after every loss of data",
      file: at("detail/detail-reads.ts"),
      replace: [without("if (record !== null) void this.#seed(record);")],
      test: {
        project: "unit",
        file: "packages/server/test/playback.test.ts",
        title: "reads the row once where Redis says nothing, and tells Redis what it found",
        stillGreen: "answers 503 and asks no database while the store is away",
      },
    },
    {
      name: "playback-of-the-signed-attempt",
      why: "a forged address plays another tenant's video",
      file: at("playback/playback-signature.ts"),
      replace: [[" || !timingSafeEqual(given, expected)", ""]],
      test: {
        project: "unit",
        file: "packages/server/test/playback.test.ts",
        title: "do not exist under a forged signature: every flipped character, field and order",
        stillGreen: "belong to the signed attempt alone",
      },
    },
    {
      name: "leaving-ends-connections",
      why: "in every deploy some requests meet a connection that is just being closed",
      file: at("create-server.ts"),
      replace: [without('if (leaving.aborted) reply.header("connection", "close");')],
      test: {
        project: "unit",
        file: "packages/server/test/leaving.test.ts",
        title: "answers as before, and each answer ends its connection",
        stillGreen: "keeps its connections before",
      },
    },
    {
      name: "client-shows-only-news",
      why: "an answer that was overtaken takes the page back",
      file: "packages/core/src/snapshot-order.ts",
      replace: [["return compareSnapshots(next, seen) > 0;", "return true;"]],
      test: {
        project: "unit",
        file: "packages/client/test/watch-state.test.ts",
        title: "never steps back in (attempt, version), whatever comes late, twice or out of order",
        stillGreen: "opens again on a higher attempt",
      },
    },
    {
      name: "client-asks-no-record-that-is-not-there",
      why: "each watcher of another program's job costs the database a read that cannot find anything",
      file: "packages/client/src/detail-source.ts",
      replace: [without(" || (detail === undefined && !job.hasRecord)")],
      test: {
        project: "unit",
        file: "packages/client/test/detail-source.test.ts",
        title: "is told by its snapshot, and nothing that needs the record is sent",
        stillGreen: "is asked at its base URL, with the token, also of a job without a record",
      },
    },
    {
      name: "client-ends-where-nobody-answers",
      why: "a page in front of role progress asks for a detail that is not served there, for ever",
      file: "packages/client/src/detail-source.ts",
      replace: [['error.code === "not_served_here"', 'error.code === "never"']],
      test: {
        project: "unit",
        file: "packages/client/test/detail-source.test.ts",
        title: "is asked once; the job may still appear for 30 s, then it is gone",
        stillGreen: "lets a job appear that another program begins late",
      },
    },
    {
      name: "client-asks-an-application-once",
      why: "every waiting job costs the application a database read per tab and half minute",
      file: "packages/client/src/asking-state.ts",
      replace: [["if (ask.isAsking || ask.isAskedOut) return null;", "if (ask.isAsking) return null;"]],
      test: {
        project: "unit",
        file: "packages/client/test/detail-source.test.ts",
        title: "is asked once while its job waits, however long the status store does not know it",
        stillGreen: "may be a function; null means that there is no such job",
      },
    },
  ],
};
