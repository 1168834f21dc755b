/** One rendered message to one recipient. */
export interface OutgoingMessage {
  /** The same however often this recipient's message is sent: a provider may know it again by it. */
  readonly id: string;
  /** As the provider takes it. */
  readonly address: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * What became of a message that was handed over.
 * - `sent`: the provider has it
 * - `refused`: it certainly does not have it, and never will take it (`permanent`), or may later
 * - `uncertain`: nobody can say
 */
export type HandOver =
  | { readonly outcome: "sent" }
  | {
      readonly outcome: "refused";
      readonly permanent: boolean;
      /** What it was refused for, a machine's word. */
      readonly reason: string;
      /** The provider's own words, for operators and the sender; at most 200 characters. */
      readonly detail?: string;
      /** Not before so many ms, where the provider says so. */
      readonly retryAfterMs?: number;
    }
  | { readonly outcome: "uncertain"; readonly reason: string; readonly detail?: string };

/** What carries messages: the port behind which e-mail and gateways are. */
export interface MessageProvider {
  /** Names its pace: `smtp`, `webhook`. */
  readonly name: string;
  /** Hands one message over, once: never again by itself. Never rejects. */
  handOver(message: OutgoingMessage): Promise<HandOver>;
  /** Waits for nothing. A second close does nothing. */
  close(): void;
}
