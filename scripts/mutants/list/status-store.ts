import { without, type Area, type NamedTest } from "../mutant.ts";

const LUA = "packages/redis/src/status-store/lua/write.lua";
const TRANSITIONS = "packages/core/src/transitions.ts";

/** In the contract suite, against a real Redis. */
const redis = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/redis/test/redis-contract.test.ts",
  title,
  stillGreen,
});
const core = (title: string, stillGreen: string): NamedTest => ({
  project: "unit",
  file: "packages/core/test/transitions.test.ts",
  title,
  stillGreen,
});
const clusterSubscriber = (title: string): NamedTest => ({
  project: "unit",
  file: "packages/redis/test/cluster-subscriber.test.ts",
  title,
  stillGreen: "hears no more of what it no longer wants",
});

export const STATUS_STORE: Area = {
  title: "Status store",
  mutants: [
    {
      name: "attempt-guard-lua",
      why: "a worker that was replaced ends the job of its successor on every screen",
      file: LUA,
      replace: [without("if heldAttempt > attempt then\n  return { 'fenced', 0 }\nend\n")],
      test: redis("a finish of a lower attempt is fenced", "an announcement overtakes a live lower attempt"),
    },
    {
      name: "attempt-guard-memory",
      why: "the same, where snapshots are held in memory",
      file: TRANSITIONS,
      replace: [without('if (compareAttempts(write, current) < 0) return transition("fenced");')],
      test: core("a lower attempt is fenced off", "a finish overtakes a lower attempt"),
    },
    {
      name: "removed-guard-lua",
      why: "a worker that comes late brings a job back that a person has removed, for six hours or for ever",
      file: LUA,
      replace: [without("if held == REMOVED then\n  return { 'fenced', 0 }\nend\n")],
      test: redis(
        "no late writer brings a removed job back, and each is told that it is fenced",
        "a removed job is not there: no snapshot, no hash, no result, not on the active list",
      ),
    },
    {
      name: "version-guard-lua",
      why: "progress that arrives late takes the bar back",
      file: LUA,
      replace: [without("if version <= heldVersion then\n      return { 'stale', cancel }\n    end\n")],
      test: redis("a lower version is stale", "a higher version is accepted, gaps allowed"),
    },
    {
      name: "version-guard-memory",
      why: "the same, where snapshots are held in memory",
      file: TRANSITIONS,
      replace: [["if (order > 0) return", 'if (order > 0 || kind !== "announce") return']],
      test: core("a lower version is stale", "an equal announcement only renews"),
    },
    {
      name: "progress-creates-lua",
      why: "after a loss of data a worker that was replaced shows its old attempt again",
      file: LUA,
      replace: [without("if overtakes and kind == 'progress' then\n  return { 'absent', 0 }\nend\n")],
      test: redis("progress never creates the key", "an announcement creates the key"),
    },
    {
      name: "progress-creates-memory",
      why: "the same, where snapshots are held in memory",
      file: TRANSITIONS,
      replace: [
        [
          'kind === "progress" ? transition("absent") : transition("accepted", "replace")',
          'transition("accepted", "replace")',
        ],
      ],
      test: core("progress never creates the key", "an announcement creates the key"),
    },
    {
      name: "end-is-final-lua",
      why: "a second end of the same attempt replaces the first, which people have acted on",
      file: LUA,
      replace: [["  if isTerminal(heldStatus) then\n    if kind", "  if false then\n    if kind"]],
      test: redis("another end is refused", "a finish ends a live attempt"),
    },
    {
      name: "ttl-of-live-keys-lua",
      why: "a running job whose worker dies together with the database is shown as running for ever",
      file: LUA,
      replace: [["redis.call('SET', KEYS[1], text, 'EX', ttl)", "redis.call('SET', KEYS[1], text)"]],
      test: redis(
        "live keys have the sliding TTL",
        "finished keys have no TTL, and no late write gives them one",
      ),
    },
    {
      name: "ttl-of-finished-keys-redis",
      why: "results expire after six hours, all that ended together in one wave that goes to the database",
      file: "packages/redis/src/status-store/redis-status-writer.ts",
      replace: [["isTerminal(status) ? settings.finishedTtlSeconds() : settings", "settings"]],
      test: redis(
        "finished keys have no TTL, and no late write gives them one",
        "live keys have the sliding TTL",
      ),
    },
    {
      name: "ttl-of-finished-keys-memory",
      why: "the same, where snapshots are held in memory",
      file: "packages/memory/src/memory-status-writer.ts",
      replace: [["isTerminal(write.status) ? this.#finishedUntilMs() : this", "this"]],
      test: {
        project: "unit",
        file: "packages/memory/test/memory-status-store.test.ts",
        title: "finished keys have no TTL, and no late write gives them one",
        stillGreen: "live keys have the sliding TTL",
      },
    },
    {
      name: "renewal-only-when-live-lua",
      why: "one late sign of life gives a finished result a life of six hours",
      file: LUA,
      replace: [
        [
          "  if isTerminal(heldStatus) then\n",
          "  if isTerminal(heldStatus) then\n    redis.call('EXPIRE', KEYS[1], 21600)\n",
        ],
      ],
      test: redis(
        "finished keys have no TTL, and no late write gives them one",
        "the same finish is a duplicate",
      ),
    },
    {
      name: "renewal-of-an-equal-announcement",
      why: "a job that waits longer than a live key's life vanishes from the page",
      file: TRANSITIONS,
      replace: [['transition("duplicate", "renew")', 'transition("duplicate")']],
      test: core("an equal announcement only renews", "the same end again is a duplicate"),
    },
    {
      name: "script-refuses-live-without-ttl",
      why: "whoever calls the script without a life makes a PROCESSING that never ends",
      file: LUA,
      replace: [["version == 0 and ttl >= 1", "version == 0"]],
      test: {
        project: "unit",
        file: "packages/redis/test/redis-commands.test.ts",
        title: "refuses %s, whoever calls the script",
        stillGreen: "survives the loss of Redis' scripts",
      },
    },
    {
      name: "hash-of-its-attempt-lua",
      why: "a cancel of the attempt before stops the one that a retry has just begun",
      file: LUA,
      replace: [["if overtakes then\n    redis.call('DEL'", "if false then\n    redis.call('DEL'"]],
      test: redis(
        "an announcement of a higher attempt drops the cancel request",
        "a cancel request is carried by each later answer of its attempt",
      ),
    },
    {
      name: "sentinel-over-what-was-read",
      why: "a flush between a sentinel's reading and its writing is written over, and nobody ever knows of the loss",
      file: "packages/redis/src/status-store/lua/write-sentinel.lua",
      replace: [without("if held ~= ARGV[1] then\n  return 0\nend\n")],
      test: redis("a sentinel is written only over what was read", "sentinels tell the last tick"),
    },
    {
      name: "result-of-its-attempt-lua",
      why: "an earlier attempt's result is served as this one's",
      file: "packages/redis/src/status-store/lua/restore-result.lua",
      replace: [["if attempt ~= ARGV[1] or not terminal then", "if not terminal then"]],
      test: redis(
        "a result is restored only beside the terminal snapshot of its attempt",
        "a restored result lives as long as its snapshot",
      ),
    },
    {
      name: "cluster-hash-tag",
      why: "in Redis Cluster the keys of a job lie on several nodes, and no script can write them together",
      file: "packages/core/src/keys.ts",
      replace: [["cluster ? `{${ref.id}}` : ref.id", "ref.id"]],
      test: {
        project: "unit",
        file: "packages/core/test/identity.test.ts",
        title: "has exactly the note's keys, and the id as hash tag in a cluster",
        stillGreen: "comes back from its key, and no two jobs share one",
      },
    },
    {
      name: "feed-tells-only-news",
      why: "a subscriber is told again, and out of order, what it has seen",
      file: "packages/core/src/status-store/feed-hub.ts",
      replace: [["told === undefined || !isNews(told, snapshot)", "told === undefined"]],
      test: {
        project: "unit",
        file: "packages/redis/test/redis-commands.test.ts",
        title: "tells nothing twice, however often it reads again",
        stillGreen: "reads everything watched again from time to time, and so finds what was never published",
      },
    },
    {
      name: "replica-takes-subscriptions",
      why: "after a failover, watchers listen to a replica that its new master does not know yet, and see nothing for seconds",
      file: "packages/redis/src/status-store/shard-connection.ts",
      replace: [without("    if (!isMaster) return this.close();\n")],
      test: clusterSubscriber(
        "leaves a replica that took its subscription, and looks until it finds the master",
      ),
    },
    {
      name: "answers-miscounted",
      why: "an answer is taken for that to another question, for as long as the connection lives",
      file: "packages/redis/src/status-store/shard-connection.ts",
      replace: [['client.on("error", () => this.close());', 'client.on("error", () => undefined);']],
      test: clusterSubscriber("makes a connection anew that lost count of its answers"),
    },
  ],
};
