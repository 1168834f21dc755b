import { StatusplaneError } from "@statusplane/core";
import { MESSAGE_ERRORS, readAddress, type MessageDatabase } from "../jobs/message-send/index.ts";
import { z } from "zod";

export const blockedAddress = z.object({ address: z.string(), created_at: z.string() });
export type BlockedAddress = z.infer<typeof blockedAddress>;

const LIST = `
SELECT address, created_at, address_key FROM :"academy".message_blocked
WHERE tenant_id = $1 AND address_key > $2 ORDER BY address_key LIMIT $3`;
const ADD = `
INSERT INTO :"academy".message_blocked (tenant_id, address_key, address, created_by) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING`;
const REMOVE = `DELETE FROM :"academy".message_blocked WHERE tenant_id = $1 AND address_key = $2`;

/** Addresses that a tenant does not write to, whoever is chosen. One statement per call. */
export class BlockedAddresses {
  readonly #database: MessageDatabase;

  constructor(database: MessageDatabase) {
    this.#database = database;
  }

  async page(
    tenant: string,
    { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
  ): Promise<{ readonly items: readonly BlockedAddress[]; readonly next_cursor: string | null }> {
    const rows = await this.#send("message-blocked-page", LIST, [tenant, cursor ?? "", limit + 1]);
    const items = rows.slice(0, limit).map((row) => ({
      address: String(row["address"]),
      created_at: row["created_at"] instanceof Date ? row["created_at"].toISOString() : "",
    }));
    const last = rows[limit - 1];
    const hasMore = rows.length > limit && last !== undefined;
    return { items, next_cursor: hasMore ? String(last["address_key"]) : null };
  }

  /** @throws {message_address_malformed} */
  async add(tenant: string, written: string, createdBy: string | null): Promise<void> {
    const { address, key } = addressOf(written);
    await this.#send("message-blocked-add", ADD, [tenant, key, address, createdBy]);
  }

  /** @throws {message_address_malformed} */
  async remove(tenant: string, written: string): Promise<void> {
    await this.#send("message-blocked-remove", REMOVE, [tenant, addressOf(written).key]);
  }

  async #send(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.#database.query("people", { name, text, values, repeatable: true })).rows;
  }
}

function addressOf(written: string): { readonly address: string; readonly key: string } {
  const read = readAddress(written, written.includes("@") ? "email" : "phone");
  if ("problem" in read) throw new StatusplaneError(MESSAGE_ERRORS.message_address_malformed);
  return read;
}
