import type { MailConduct, MailServer } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { Random } from "../random.ts";

export const RECIPIENTS = 200;
/** A worker that dies leaves so many behind at most. */
const UNCERTAIN_MAX = 5;
const ENDS_WITHIN_MS = 600_000;
const ANSWERS_WITHIN_MS = 120_000;
const ASK_AGAIN_MS = 500;

/** What the mail server does to an address says its name: as often as not nothing. */
const KINDS = ["take", "greylist", "refuse", "drop-after-data", "drop-before-data"] as const;

/** What the server does with an address: that is part of it. Greylisted ones are taken at their second call. */
export function conductOf(to: string, times: number): MailConduct {
  const kind = KINDS.find((each) => to.startsWith(`${each}.`)) ?? "take";
  if (kind === "greylist" || kind === "drop-before-data") return times === 1 ? kind : "take";
  return kind;
}

function addressesOf(name: string, random: Random): readonly string[] {
  return Array.from({ length: RECIPIENTS }, (_, at) => {
    const chance = random.next();
    const kind = chance < 0.9 ? "take" : (KINDS[1 + Math.floor((chance - 0.9) * 40)] ?? "take");
    return `${kind}.${name}.${at}@example.com`;
  });
}

/** A promise that was broken: somebody has it twice, is left out unnamed, is told of wrongly; too many are uncertain. */
export interface MessageBreach {
  readonly of: "twice" | "lost" | "untrue" | "too_many";
  readonly what: string;
}

/** What became of a message. */
export interface MessageLook {
  readonly breaches: readonly MessageBreach[];
  /** Recipients by status. */
  readonly counts: Readonly<Record<string, number>>;
  /** The most that any one attempt left behind. */
  readonly uncertainOfOneStrike: number;
  readonly attempts: number;
}

interface Row {
  readonly address: string;
  readonly status: string;
  readonly reason: string | null;
  /** That claimed it last. */
  readonly attempt: number | null;
  /** Of the job, so far. */
  readonly attempts: number;
}

/** A message to 200 recipients, from its preview to its end. */
export class DrilledMessage {
  readonly tenant: string;
  readonly addresses: readonly string[];
  readonly #fleet: Fleet;
  readonly #name: string;
  #id = "";
  #token = "";

  constructor(fleet: Fleet, { name, tenant, random }: { name: string; tenant: string; random: Random }) {
    this.#fleet = fleet;
    this.#name = name;
    this.tenant = tenant;
    this.addresses = addressesOf(name, random);
  }

  async submit(): Promise<void> {
    this.#token = await this.#fleet.token(this.tenant);
    const list = this.addresses.map((address, at) => ({ address, name: `학생 ${at}` }));
    const message = {
      subject: "{이름}님께",
      text: `안녕하세요, {이름}님. ${this.#name}`,
      recipients: { list },
    };
    const { confirm } = (await this.#post("/api/v1/messages/preview/", message)) as { confirm: string };
    const body = { job_type: "message_send", title: this.#name, payload: { ...message, confirm } };
    this.#id = ((await this.#post("/api/v1/jobs/", body)) as { job_id: string }).job_id;
  }

  async status(): Promise<string> {
    const { rows } = await this.#fleet.pool.query<{ status: string }>(
      "SELECT status FROM statusplane.job WHERE tenant_id = $1 AND kind = 'job' AND id = $2",
      [this.tenant, this.#id],
    );
    return rows[0]?.status ?? "none";
  }

  /** Waits for its end; one that lost too many workers is retried, as a person does. */
  async untilDone(): Promise<void> {
    const deadlineMs = performance.now() + ENDS_WITHIN_MS;
    for (;;) {
      const status = await this.status();
      if (status === "DONE") return;
      if (status === "FAILED") await this.#post(`/api/v1/jobs/${this.#id}/retry/`, undefined);
      if (performance.now() > deadlineMs)
        throw new Error(`${this.#name} is ${status} after ${ENDS_WITHIN_MS} ms`);
      await sleep(100);
    }
  }

  /** What became of it, by its rows and by what the mail server has. */
  async look(mail: MailServer): Promise<MessageLook> {
    const { rows } = await this.#fleet.pool.query<Row>(
      `SELECT r.address, r.status, r.reason, r.attempt, j.attempt AS attempts FROM statusplane_academy.message_recipient r
       JOIN statusplane.job j ON j.tenant_id = r.tenant_id AND j.kind = 'job' AND j.id = r.job_id
       WHERE r.tenant_id = $1 AND r.job_id = $2`,
      [this.tenant, this.#id],
    );
    const counts: Record<string, number> = {};
    // An attempt ends by one strike at most, so what it left behind is that strike's.
    const lostBy = new Map<number | null, number>();
    for (const { status, reason, attempt } of rows) {
      counts[status] = (counts[status] ?? 0) + 1;
      if (status === "uncertain" && reason === "worker_lost")
        lostBy.set(attempt, (lostBy.get(attempt) ?? 0) + 1);
    }
    const uncertainOfOneStrike = Math.max(0, ...lostBy.values());
    const breaches = [...this.#breaches(rows, this.#kept(mail))];
    if (uncertainOfOneStrike > UNCERTAIN_MAX)
      breaches.push({ of: "too_many", what: `${uncertainOfOneStrike} are uncertain after one strike` });
    return {
      breaches: breaches.map(({ of, what }) => ({ of, what: `${this.#name}: ${what}` })),
      ...{ counts, uncertainOfOneStrike, attempts: rows[0]?.attempts ?? 0 },
    };
  }

  /** How often the mail server took each of its addresses. */
  #kept({ mails }: MailServer): ReadonlyMap<string, number> {
    const kept = new Map(this.addresses.map((address) => [address, 0]));
    for (const { to } of mails) {
      const times = kept.get(to);
      if (times !== undefined) kept.set(to, times + 1);
    }
    return kept;
  }

  *#breaches(rows: readonly Row[], kept: ReadonlyMap<string, number>): Generator<MessageBreach> {
    const named = new Set(rows.map(({ address }) => address));
    for (const address of this.addresses)
      if (!named.has(address)) yield { of: "lost", what: `${address} has no row` };
    for (const { address, status, reason } of rows) {
      const times = kept.get(address) ?? 0;
      if (times > 1) yield { of: "twice", what: `${address} got it ${times} times` };
      if (status === "sent" && times === 0)
        yield { of: "lost", what: `${address} is called sent and has nothing` };
      if (status === "waiting" || status === "claimed")
        yield { of: "lost", what: `${address} is left ${status}` };
      if (status !== "sent" && status !== "uncertain" && times > 0)
        yield { of: "untrue", what: `${address} has it and is called ${status}` };
      if (status === "failed" && !address.startsWith("refuse.") && reason !== "interrupted")
        yield { of: "untrue", what: `${address} failed: ${reason}` };
    }
  }

  /** Asks again while the server is too busy, as a person does: the Idempotency-Key keeps a submit one. */
  async #post(path: string, body: unknown): Promise<unknown> {
    const deadlineMs = performance.now() + ANSWERS_WITHIN_MS;
    for (;;) {
      const answer = await fetch(this.#fleet.url + path, {
        method: "POST",
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "idempotency-key": this.#name }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (answer.ok || answer.status === 409) return JSON.parse(text) as unknown; // 409: it goes on already
      if (answer.status !== 503 || performance.now() > deadlineMs)
        throw new Error(`${path} was answered ${answer.status}: ${text}`);
      await sleep(ASK_AGAIN_MS);
    }
  }
}
