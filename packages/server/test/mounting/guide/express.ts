import { acceptUpgrades, statusplane, type StatusplaneOptions } from "@statusplane/server";
import express from "express";
import Fastify from "fastify";
import { createServer } from "node:http";

export async function onExpress(options: StatusplaneOptions) {
  const plane = Fastify();
  await plane.register(statusplane, { ...options, prefix: "/status" });
  await plane.ready();

  const app = express();
  // ahead of express.json() and of other body parsers
  app.all("/status/{*path}", (request, response) => plane.routing(request, response));
  app.use(express.json());
  app.get("/", (_request, response) => void response.send("the shop"));

  const server = createServer(app).listen(0);
  acceptUpgrades(server); // WebSockets go the way of every other request
  return {
    server,
    close: async () => {
      await plane.close(); // first: it ends the streams that the server would wait for
      await new Promise((closed) => server.close(closed));
    },
  };
}
