import type { Redis } from "ioredis";
import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { ShardConnection } from "../src/status-store/shard-connection.ts";

/** A node whose answers come when the test says so: no real one can be held between two answers. */
class HeldNode extends EventEmitter {
  readonly #answers = new Map<string, () => void>();
  readonly connect = async (): Promise<void> => undefined;
  readonly sunsubscribe = async (): Promise<number> => 0;
  readonly call = async (): Promise<readonly string[]> => ["role", "master"];
  readonly disconnect = (): void => undefined;
  readonly ssubscribe = (channel: string): Promise<void> =>
    new Promise((resolve) => this.#answers.set(channel, resolve));

  async answer(channel: string): Promise<void> {
    this.#answers.get(channel)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it("is settled also when the last question is withdrawn before its answer", async () => {
  const node = new HeldNode();
  const said: string[] = [];
  const connection = new ShardConnection({
    client: node as unknown as Redis, // of which a connection uses these
    hear: () => undefined,
    subscribed: (channel) => void said.push(channel),
    settled: () => void said.push("settled"),
    moved: () => undefined,
    refused: () => undefined,
    lost: () => undefined,
  });
  connection.add("kept");
  connection.add("withdrawn");
  await new Promise((resolve) => setImmediate(resolve));
  await node.answer("kept");
  expect(said).toEqual(["kept"]);
  connection.remove("withdrawn");
  await node.answer("withdrawn");
  expect(said).toEqual(["kept", "settled"]);
  connection.close();
});
