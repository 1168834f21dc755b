import { afterEach } from "vitest";
import type { ClientError } from "../src/client-error.ts";
import { createClient } from "../src/create-client.ts";
import type { ClientOptions, StatusplaneClient } from "../src/statusplane-client.ts";
import type { WatchRef } from "../src/watched-job.ts";
import { FakeEnvironment } from "./fake-environment.ts";
import { FakeServer } from "./fake-server.ts";

export interface Setup {
  readonly environment: FakeEnvironment;
  readonly server: FakeServer;
  readonly client: StatusplaneClient;
  /** What `onError` was told. */
  readonly errors: ClientError[];
}

const open = new Set<StatusplaneClient>();

afterEach(() => {
  for (const client of open) client.close();
  open.clear();
});

/** A client between a fake browser and a fake server; closed after the test. */
export function setUp(options: Partial<ClientOptions> = {}, environment = new FakeEnvironment()): Setup {
  const server = new FakeServer(environment);
  const errors: ClientError[] = [];
  const client = createClient({
    getToken: () => "token-of-7",
    fetch: server.fetch,
    environment,
    transport: "poll",
    onError: (error) => errors.push(error),
    ...options,
  });
  open.add(client);
  return { environment, server, client, errors };
}

export const video = (id: string): WatchRef => ({ kind: "video", id });
export const job = (id: string): WatchRef => ({ kind: "job", id });
