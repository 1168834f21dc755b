import { encodeSnapshot, jobRef } from "@statusplane/core";
import { openMemoryStatusStore } from "@statusplane/memory";
import { statusplane } from "@statusplane/server";
import Fastify from "fastify";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SECRET, signedToken } from "../fakes/index.ts";
import { pending } from "./open-watching.ts";
import { openSocket } from "./stream-clients.ts";

let close: () => Promise<void> = () => Promise.resolve();
afterEach(() => close());

const signIn = { kind: "secret", secret: SECRET } as const;

describe("in an application's server", () => {
  it("each of two mounts has its own sockets, and the application keeps its own", async () => {
    const app = Fastify();
    const stores = { one: openMemoryStatusStore(), two: openMemoryStatusStore() };
    await app.register(statusplane, { prefix: "/one", store: stores.one, signIn });
    await app.register(statusplane, { prefix: "/two", store: stores.two, signIn });
    const chat = new WebSocketServer({ noServer: true });
    app.server.on("upgrade", (request, socket, head) => {
      if (request.url !== "/chat") return;
      // an application may first have to find out who asks
      setTimeout(() => chat.handleUpgrade(request, socket, head, (ws) => ws.send("welcome")), 20);
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    close = () => app.close();
    const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    await stores.two.writer.write("announce", encodeSnapshot(pending(jobRef("7", "video", "42"), 1)));
    const token = await signedToken({ tenant_id: 7 });
    for (const [prefix, seen] of [
      ["/one", "missing video:42"],
      ["/two", "video:42 1.PENDING"],
    ] as const) {
      const client = await openSocket({ base, prefix, headers: { authorization: `Bearer ${token}` } });
      client.say({ op: "watch", videos: ["42"] });
      await client.until("ready");
      expect(client.said).toEqual(["hello", seen, "ready"]);
      client.close();
    }
    const guest = new WebSocket(`${base.replace("http", "ws")}/chat`);
    const heard = await new Promise((resolve) =>
      guest.once("message", (data: Buffer) => resolve(data.toString())),
    );
    expect(heard).toBe("welcome");
    guest.terminate();
  });

  it("without a feed there is nothing that pushes, and whoever asks is told so", async () => {
    const app = Fastify();
    const { reader } = openMemoryStatusStore();
    await app.register(statusplane, { store: { reader }, signIn });
    const headers = { authorization: `Bearer ${await signedToken({ tenant_id: 7 })}` };
    for (const url of ["/api/v1/events/?videos=1", "/api/v1/ws/"]) {
      const answer = await app.inject({ url, headers });
      expect([answer.statusCode, answer.json().code]).toEqual([404, "not_served_here"]);
    }
    await app.close();
  });
});
