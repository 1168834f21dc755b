import { statusplane, type StatusplaneOptions } from "@statusplane/server";
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
  server.on("close", () => void plane.close());
  return server.listen(0);
}
