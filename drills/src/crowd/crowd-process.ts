/** A process with some thousands of watchers, each with a connection of its own. */
import { Counts } from "./counts.ts";
import type { CrowdCommand, CrowdOrder } from "./crowd-words.ts";
import { StreamWatcher } from "./stream-watcher.ts";
import { Watcher } from "./watcher.ts";

const counts = new Counts();
let watchers: readonly (Watcher | StreamWatcher)[] = [];
let running: Promise<unknown> = Promise.resolve();

function watch(order: CrowdOrder): void {
  watchers = order.watched.map((watched, n) => {
    const at = order.startAtFirst === true ? 0 : n;
    const way = order.by?.[n % order.by.length] ?? "poll";
    if (way !== "poll") return new StreamWatcher({ order, way, at, watched, counts });
    return new Watcher({ order, url: order.urls[at % order.urls.length] ?? "", watched, counts });
  });
  running = Promise.all(watchers.map((watcher) => watcher.run()));
}

async function obey(command: CrowdCommand): Promise<void> {
  switch (command.command) {
    case "watch":
      return watch(command.order);
    case "poll now":
      for (const watcher of watchers) watcher.pollIn(Math.random() * command.withinMs);
      return;
    case "count anew":
      return counts.reset();
    case "tell":
      return void process.send?.(counts.read());
    case "stop":
      for (const watcher of watchers) watcher.stop();
      await running;
      process.send?.(counts.read(), () => process.disconnect()); // once it is on its way
  }
}

process.on("message", (command) => void obey(command as CrowdCommand)); // only Crowd sends
process.on("disconnect", () => process.exit()); // also when the drill itself has died
