import type { MailConduct, MailServer } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { Random } from "../random.ts";

export const RECIPIENTS = 200;
const ENDS_WITHIN_MS = 240_000;

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

  /** What breaks the promise: twice, lost without a name, called sent and not there, more uncertain than strikes allow. */
  async violations(mail: MailServer, strikes: number): Promise<readonly string[]> {
    const rows = await this.#rows();
    const found: string[] = [];
    const kept = new Map<string, number>();
    for (const { to } of mail.mails) kept.set(to, (kept.get(to) ?? 0) + 1);
    if (rows.length !== RECIPIENTS) found.push(`${rows.length} of ${RECIPIENTS} recipients have a row`);
    for (const { address, status, reason } of rows) {
      const times = kept.get(address) ?? 0;
      if (times > 1) found.push(`${address} got it ${times} times`);
      if (status === "sent" && times === 0) found.push(`${address} is called sent and has nothing`);
      if (status !== "sent" && status !== "uncertain" && times > 0)
        found.push(`${address} has it and is called ${status}`);
      if (status === "waiting" || status === "claimed") found.push(`${address} is left ${status}`);
      if (status === "failed" && !address.startsWith("refuse.") && reason !== "interrupted")
        found.push(`${address} failed: ${reason}`);
    }
    const lost = rows.filter(
      ({ status, reason }) => status === "uncertain" && reason === "worker_lost",
    ).length;
    if (lost > 5 * strikes) found.push(`${lost} are uncertain after ${strikes} strikes`);
    return found.map((what) => `${this.#name}: ${what}`);
  }

  async counts(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { status } of await this.#rows()) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  async #rows(): Promise<readonly { address: string; status: string; reason: string | null }[]> {
    const { rows } = await this.#fleet.pool.query<{ address: string; status: string; reason: string | null }>(
      `SELECT address, status, reason FROM statusplane_academy.message_recipient WHERE tenant_id = $1 AND job_id = $2`,
      [this.tenant, this.#id],
    );
    return rows;
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(this.#fleet.url + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 409)
      throw new Error(`${path} was answered ${answer.status}: ${text}`); // 409: it goes on already
    return JSON.parse(text) as unknown;
  }
}
