/** A page of many bars: how often each was rendered, and what kept the page busy, stands on `window.bars`. */
import { createClient, type ClientOptions, type StatusplaneClient } from "@statusplane/client";
import { ProgressBar, StatusplaneProvider, useJob } from "@statusplane/client/react";
import { createRoot } from "react-dom/client";

/** The address's fragment, as the test wrote it. */
interface Settings {
  readonly server: string;
  readonly tokens: string;
  readonly options: Omit<ClientOptions, "getToken">;
  readonly ids: readonly string[];
}

export interface Bars {
  readonly client: StatusplaneClient;
  /** By the job's id, since it was last emptied. */
  renders: Record<string, number>;
  /** Tasks of more than 50 ms, in ms, as the browser tells them, since it was last emptied. */
  longTasks: number[];
}

const { server, tokens, options, ids } = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Settings;
const client = createClient({
  baseUrl: server,
  getToken: async () => (await fetch(tokens)).text(),
  ...options,
});
const bars: Bars = { client, renders: {}, longTasks: [] };
new PerformanceObserver((list) => {
  bars.longTasks.push(...list.getEntries().map(({ duration }) => duration));
}).observe({ type: "longtask", buffered: true });

function countRender(id: string): void {
  bars.renders[id] = (bars.renders[id] ?? 0) + 1;
}

function Bar({ id }: { readonly id: string }) {
  const { snapshot: job } = useJob({ kind: "job", id });
  countRender(id);
  return job === undefined ? null : <ProgressBar job={job} label={id} />;
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StatusplaneProvider client={client}>
      {ids.map((id) => (
        <Bar key={id} id={id} />
      ))}
    </StatusplaneProvider>,
  );
}
Object.assign(window, { bars });
