import { statusplane, type StatusplaneOptions } from "@statusplane/server";
import Fastify from "fastify";

export async function onFastify(options: StatusplaneOptions) {
  const app = Fastify();
  app.get("/", () => "the shop");
  await app.register(statusplane, { ...options, prefix: "/status" });
  await app.listen({ port: 0 });
  return { server: app.server, close: () => app.close() };
}
