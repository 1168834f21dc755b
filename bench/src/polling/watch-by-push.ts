import { setTimeout as sleep } from "node:timers/promises";
import { openStream } from "../../../drills/src/crowd/stream.ts";

export interface PushOptions {
  readonly watchers: number;
  readonly url: string;
  readonly token: string;
  readonly milliseconds: number;
}

/**
 * Each watcher has one stream, by WebSocket and by SSE in turn, and wants the tenant's live list: jobs follow each other.
 * One that ends, for it is old, is opened again. @returns how many snapshots were told.
 */
export async function watchByPush({ watchers, url, token, milliseconds }: PushOptions): Promise<number> {
  let snapshots = 0;
  const ends = Array.from({ length: watchers }, (_, n) => {
    let stream = open();
    function open() {
      return openStream(
        { way: n % 2 === 0 ? "websocket" : "sse", url, token, jobs: [], active: true },
        {
          onEvent(event) {
            if (event.event === "snapshot") snapshots += 1;
          },
          onGone(status) {
            if (status >= 400) throw new Error(`a stream was answered ${status}`);
            stream = open();
          },
        },
      );
    }
    return () => stream.close();
  });
  await sleep(milliseconds);
  for (const end of ends) end();
  return snapshots;
}
