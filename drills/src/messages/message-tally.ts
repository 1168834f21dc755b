import type { MailServer } from "@statusplane/test-support";
import type { LegResult, Violation } from "../drill.ts";
import { RECIPIENTS, type DrilledMessage, type MessageBreach } from "./drilled-message.ts";
import type { MessageFault } from "./message-faults.ts";

const NONE: Readonly<Record<MessageBreach["of"], number>> = { twice: 0, lost: 0, untrue: 0, too_many: 0 };

/** What a leg adds up. */
export class MessageTally {
  readonly #mail: MailServer;
  readonly #messages: DrilledMessage[] = [];
  readonly #breaches = new Map<string, MessageBreach>();
  readonly #kinds: Record<string, number> = {};
  readonly #points = new Set<string>();
  #counts: Record<string, number> = {};
  #uncertainMax = 0;
  #restarted = 0;
  struck = 0;

  constructor(mail: MailServer) {
    this.#mail = mail;
  }

  get violations(): readonly Violation[] {
    return [...this.#breaches.keys()].map((what) => ({ invariant: "I11", what }));
  }

  struckBy(fault: MessageFault): void {
    this.struck += 1;
    const kind = fault.kind === "point" ? `${fault.how}_at_point` : fault.kind;
    this.#kinds[kind] = (this.#kinds[kind] ?? 0) + 1;
    if (fault.kind === "point") this.#points.add(`${fault.how} ${fault.name}`);
  }

  /** Looks at a message that has ended; it is looked at once more when the last worker has said its last word. */
  async check(message: DrilledMessage): Promise<void> {
    this.#messages.push(message);
    await this.#look(message);
  }

  async recheck(): Promise<void> {
    this.#counts = {};
    this.#restarted = 0;
    for (const message of this.#messages) await this.#look(message);
  }

  summary(): string {
    return `${this.#messages.length} messages, ${JSON.stringify(this.#counts)}, at most ${this.#uncertainMax} uncertain of a strike`;
  }

  result(): LegResult {
    const breaches = { ...NONE };
    for (const { of } of this.#breaches.values()) breaches[of] += 1;
    return {
      faults: this.struck,
      jobs: this.#messages.length,
      observations: this.#messages.length * RECIPIENTS,
      violations: this.violations,
      slowestRecoveryMs: null,
      figures: {
        ...this.#counts,
        ...this.#kinds,
        points_killed_at: this.#pointsOf("kill"),
        points_stopped_at: this.#pointsOf("stop"),
        messages_struck: this.#restarted,
        in_the_sink: this.#mail.mails.length,
        twice: breaches.twice,
        lost: breaches.lost,
        uncertain_of_one_strike_max: this.#uncertainMax,
      },
    };
  }

  #pointsOf(how: "kill" | "stop"): number {
    return [...this.#points].filter((point) => point.startsWith(`${how} `)).length;
  }

  async #look(message: DrilledMessage): Promise<void> {
    const { breaches, counts, uncertainOfOneStrike, attempts } = await message.look(this.#mail);
    for (const breach of breaches) this.#breaches.set(breach.what, breach);
    for (const [status, count] of Object.entries(counts)) {
      this.#counts[status] = (this.#counts[status] ?? 0) + count;
    }
    this.#uncertainMax = Math.max(this.#uncertainMax, uncertainOfOneStrike);
    if (attempts > 1) this.#restarted += 1;
  }
}
