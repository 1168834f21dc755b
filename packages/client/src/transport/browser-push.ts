import type { WatcherOptions } from "../statusplane-client.ts";
import { streamingEnvironment } from "../streaming-environment.ts";
import { createSharedPush } from "../tabs/shared-push.ts";
import { CLIENT_TIMINGS } from "./stream-timings.ts";
import type { MakePush, PushContext } from "./push-port.ts";
import { createPush, type PushParts } from "./push.ts";
import type { Pusher, PushListener } from "./pusher.ts";
import { createPushing } from "./pushing.ts";
import { sseOf } from "./sse.ts";
import { websocketOf } from "./websocket.ts";

/**
 * The push of a browser's page: one connection for all its tabs where they can share it, else a WebSocket for each and
 * no SSE. A script outside of a page has a connection of its own.
 */
export const browserPush: MakePush = (context) => {
  const { sender } = context;
  const timings = { ...CLIENT_TIMINGS, ...context.timings };
  const { tabs } = sender.environment;
  const streams = streamsOf(context);
  const open = (listener: PushListener): Pusher =>
    createPush({ sender, timings, streams, listener, keepsUnsharedSse: tabs === undefined });
  return createPushing({ ...context, timings }, (listener) =>
    tabs == null
      ? open({ ...listener, onReader() {} })
      : createSharedPush({ ...listener, tabs, sender, timings, open }),
  );
};

/** Options of a client that streams. */
export function withStreams<Options extends WatcherOptions>(options: Options): Options {
  return { ...options, environment: options.environment ?? streamingEnvironment() };
}

/** In the order in which they are tried. */
function streamsOf({ sender, transport }: PushContext): PushParts["streams"] {
  const { openSocket, tabs } = sender.environment;
  const streams: PushParts["streams"][number][] = [];
  if (transport !== "sse" && openSocket !== undefined) streams.push(["websocket", websocketOf(sender)]);
  if (transport !== "websocket" && tabs !== null) streams.push(["sse", sseOf(sender)]);
  return streams;
}
