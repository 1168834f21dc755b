import type { Area, NamedTest } from "../mutant.ts";

const at = (file: string): string => `apps/academy/src/jobs/message-send/${file}`;
const ONCE = "goes to everybody once, five at a time, in two statements a batch";
const REFUSED = "tries what was refused for now after a pause, never what was refused for good";
const named = (title: string, stillGreen = ONCE): NamedTest => ({
  project: "unit",
  file: "apps/academy/test/message-send/at-most-once.test.ts",
  title,
  stillGreen,
});
const DEATH =
  "is uncertain for at most five after a death between claim and settle, and for the rest goes on";

export const MESSAGES: Area = {
  title: "Messages",
  mutants: [
    {
      name: "message-claim-after-the-call",
      why: "nothing says before the call that a recipient is being written to: a death in between sends it twice",
      file: at("message-rows.ts"),
      replace: [
        [
          "status = CASE WHEN b.address_key IS NULL THEN 'claimed' ELSE 'skipped' END,",
          "status = CASE WHEN b.address_key IS NULL THEN 'waiting' ELSE 'skipped' END,",
        ],
        [
          "FROM taken WHERE status = 'claimed') AS recipients",
          "FROM taken WHERE status = 'waiting') AS recipients",
        ],
        ["AND r.status IN ('claimed', 'uncertain') AND", "AND r.status IN ('waiting', 'uncertain') AND"],
      ],
      test: named(DEATH),
    },
    {
      name: "message-claims-of-the-dead-go-on",
      why: "who may have got it gets it again, and nobody is asked",
      file: at("message-rows.ts"),
      replace: [
        [
          "SET status = 'uncertain', reason = 'worker_lost', settled_at = now()",
          "SET status = 'waiting', reason = 'worker_lost', settled_at = NULL",
        ],
      ],
      test: named(DEATH),
    },
    {
      name: "message-six-at-a-time",
      why: "one death leaves six of whom nobody knows",
      file: at("send-recipients.ts"),
      replace: [["export const BATCH_MAX = 5;", "export const BATCH_MAX = 6;"]],
      test: named(ONCE, REFUSED),
    },
    {
      name: "message-claim-without-its-attempt",
      why: "a worker whose job is another's goes on claiming",
      file: at("message-rows.ts"),
      replace: [
        [
          "AND id = $2 AND attempt = $3 AND status = 'PROCESSING'\n    AND lease_until",
          "AND id = $2 AND status = 'PROCESSING'\n    AND lease_until",
        ],
      ],
      test: named("is claimed no further by a worker whose attempt is over while others still wait"),
    },
    {
      name: "message-settle-without-its-attempt",
      why: "a word that comes once more takes back whom a later attempt is writing to just now: it is sent twice",
      file: at("message-rows.ts"),
      replace: [["AND r.position = x.position AND r.attempt = $3\n", "AND r.position = x.position\n"]],
      test: named("is not taken from a later attempt by a word that comes once more"),
    },
    {
      name: "message-waits-behind-the-last-count",
      why: "somebody is left waiting for ever in a message that is done",
      file: at("message-rows.ts"),
      replace: [[" AND job.status <> 'DONE' AND m.closed_attempt IS DISTINCT FROM job.attempt", ""]],
      test: named("leaves nobody waiting behind its last count"),
    },
    {
      name: "message-pace-of-each-worker",
      why: "two workers send twice as fast as a tenant, or a provider, allows",
      file: at("message-rows.ts"),
      replace: [["SET next_at = greatest(p.next_at, now()) + (excluded", "SET next_at = now() + (excluded"]],
      test: named("keeps the pace of %s over two workers"),
    },
    {
      name: "message-lost-answer-is-a-refusal",
      why: "the server has it, nobody says so, and it goes out again by itself",
      file: at("smtp-provider.ts"),
      replace: [
        [
          "if (isAnswer || !wasEnded) return refusalOf(error);",
          "if (isAnswer || ready) return refusalOf(error);",
        ],
      ],
      test: named(
        "is uncertain where the server has it and did not say so, and goes out again only when a person says so",
      ),
    },
  ],
};
