import { acceptUpgrades, statusplane, type StatusplaneOptions } from "@statusplane/server";
import Fastify from "fastify";
import { createServer } from "node:http";

export async function onNodeHttp(options: StatusplaneOptions) {
  const plane = Fastify();
  await plane.register(statusplane, { ...options, prefix: "/status" });
  await plane.ready();

  const server = createServer((request, response) => {
    if (request.url?.startsWith("/status/")) return plane.routing(request, response);
    response.end("the shop");
  });
  acceptUpgrades(server); // WebSockets go the way of every other request
  server.listen(0);
  return {
    server,
    close: async () => {
      await plane.close(); // first: it ends the streams that the server would wait for
      await new Promise((closed) => server.close(closed));
    },
  };
}
