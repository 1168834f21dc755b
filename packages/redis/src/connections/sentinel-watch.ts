import type { StatusStoreLog } from "@statusplane/core/status-store";
import type { Redis } from "ioredis";

export interface SentinelWatchOptions {
  /** Connections to them, which come back by themselves. */
  readonly sentinels: readonly Redis[];
  /** The master's name. */
  readonly name: string;
  readonly log: StatusStoreLog;
}

/**
 * Hears from the sentinels that there is another master, and ends the connections to the old one: a master that hangs
 * or was cut off keeps them, and goes on taking writes that nobody will see. (ioredis has such an option, but it takes
 * three connections more for each client, and may leave a client ended for good.)
 */
export class SentinelWatch {
  readonly #options: SentinelWatchOptions;
  readonly #clients = new Set<Redis>();

  constructor(options: SentinelWatchOptions) {
    this.#options = options;
    for (const sentinel of options.sentinels) this.#listenTo(sentinel);
  }

  /** The client's connection is ended when it leads to another server than the new master; it connects again by itself. */
  add(client: Redis): void {
    this.#clients.add(client);
  }

  close(): void {
    for (const sentinel of this.#options.sentinels) sentinel.disconnect();
  }

  #listenTo(sentinel: Redis): void {
    sentinel.on("message", (_channel: string, message: string) => this.#switch(message));
    sentinel.subscribe("+switch-master").catch(() => undefined); // closed: nobody listens any more
  }

  /** @param message `name old-host old-port new-host new-port` */
  #switch(message: string): void {
    const [name, , , host, port] = message.split(" ");
    if (name !== this.#options.name) return;
    for (const client of this.#clients) {
      if (client.status !== "ready" && client.status !== "connect") continue; // it asks, and will be told
      const { remoteAddress, remotePort } = client.stream;
      if (remoteAddress === host && String(remotePort) === port) continue;
      this.#options.log.info({ master: `${host}:${port}` }, "the sentinels name another master");
      client.disconnect(true);
    }
  }
}
