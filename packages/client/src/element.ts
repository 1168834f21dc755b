/**
 * `<job-progress>`: a bar for pages without a framework. Imports the client beside it. Data comes from a client's
 * `watch` and goes into the element's own shadow tree.
 */
import { MovingBar, widen } from "./bar/moving-bar.ts";
import type { JobWatcher } from "./statusplane-client.ts";
import { isEnded, type WatchedJob, type WatchRef } from "./watched-job.ts";

const NAME = "job-progress";
const ATTRIBUTES = ["video", "job", "label"];
/** Looks are the page's: by the parts `bar`, `fill` and `text`, and by the attribute `status`. */
const TREE = `<style>
  :host { display: block }
  [part=bar] { block-size: 0.5em; border-radius: 1em; overflow: hidden; background: color-mix(in srgb, currentColor 15%, transparent) }
  [part=fill] { block-size: 100%; inline-size: 0; background: currentColor }
</style><div part="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div part="fill"></div></div><span part="text"></span>`;

/**
 * Defines `<job-progress video="42">` and `<job-progress job="import-1">`, told by this client; `label` says what makes
 * progress. The element dispatches `job-change` with the job as `detail`, bubbling. Does nothing where there is no page,
 * and where the name is defined already.
 *
 * @example
 * defineJobProgress(createClient({ getToken }));
 * document.body.insertAdjacentHTML("beforeend", `<job-progress job="import-1" label="rows.xlsx"></job-progress>`);
 */
export function defineJobProgress(client: JobWatcher): void {
  if (typeof HTMLElement === "undefined" || customElements.get(NAME) !== undefined) return;

  class JobProgress extends HTMLElement {
    static readonly observedAttributes = ATTRIBUTES;
    #stop: (() => void) | null = null;
    #job: WatchedJob | undefined;
    #moving: MovingBar | null = null;

    connectedCallback(): void {
      if (this.shadowRoot === null) this.attachShadow({ mode: "open" }).innerHTML = TREE;
      this.#watch();
    }

    disconnectedCallback(): void {
      this.#stop?.();
      this.#stop = null;
      this.#moving?.stop();
      this.#moving = null;
    }

    attributeChangedCallback(name: string): void {
      if (!this.isConnected) return;
      if (name === "label") this.#show();
      else this.#watch();
    }

    #watch(): void {
      this.#stop?.();
      const ref = this.#ref();
      this.#job = undefined;
      this.#show();
      this.#stop = ref === null ? null : client.watch(ref, (job) => this.#take(job));
    }

    #ref(): WatchRef | null {
      const [video, job] = [this.getAttribute("video"), this.getAttribute("job")];
      if (video !== null) return { kind: "video", id: video };
      return job === null ? null : { kind: "job", id: job };
    }

    #take(job: WatchedJob): void {
      this.#job = job;
      this.#show();
      this.dispatchEvent(new CustomEvent("job-change", { detail: job, bubbles: true }));
    }

    #show(): void {
      const [bar, fill, text] = ["bar", "fill", "text"].map((part) =>
        this.shadowRoot?.querySelector<HTMLElement>(`[part=${part}]`),
      );
      if (bar == null || fill == null || text == null) return;
      const { status = "UNKNOWN", percent = null } = this.#job ?? {};
      this.setAttribute("status", this.#job?.gone === true ? "GONE" : status);
      bar.setAttribute("aria-label", this.getAttribute("label") ?? "");
      if (percent === null) bar.removeAttribute("aria-valuenow");
      else bar.setAttribute("aria-valuenow", String(percent));
      this.#move(fill);
      text.textContent = textOf(this.#job);
    }

    #move(fill: HTMLElement): void {
      const { percent = null, remainingSeconds, status, isStalled = false } = this.#job ?? {};
      this.#moving ??= new MovingBar(fill, widen);
      if (percent !== null) {
        this.#moving.show({ percent, remainingSeconds, isMoving: status === "PROCESSING" && !isStalled });
        return;
      }
      this.#moving.stop();
      fill.style.width = "0";
    }
  }
  customElements.define(NAME, JobProgress);
}

function textOf(job: WatchedJob | undefined): string {
  if (job === undefined) return "";
  if (job.status === "FAILED") return job.errorMessage ?? "";
  const step = job.step === undefined ? [] : [`${job.step.index}/${job.step.total} ${job.step.name}`];
  return [...(job.percent === null || isEnded(job) ? [] : [`${job.percent}%`]), ...step].join(" · ");
}
