import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a {@link Shop} was asked. */
export interface ShopRequest {
  readonly path: string;
  readonly authorization: string | undefined;
}

/** An application in front of its own database, which serves the detail endpoints and nothing else. */
export class Shop {
  /** Its rows, by path of the detail. */
  readonly records = new Map<string, Readonly<Record<string, unknown>>>();
  readonly asked: ShopRequest[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "authorization");
      if (request.method === "OPTIONS") return void response.writeHead(204).end();
      const path = request.url ?? "";
      const record = this.records.get(path);
      this.asked.push({ path, authorization: request.headers.authorization });
      response.setHeader("Content-Type", "application/json");
      response.statusCode = record === undefined ? 404 : 200;
      return void response.end(JSON.stringify(record ?? { detail: "Not found." }));
    });
  }

  static async open(): Promise<Shop> {
    const shop = new Shop();
    await new Promise<void>((resolve) => shop.#server.listen(0, "127.0.0.1", resolve));
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
