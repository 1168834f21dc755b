import type { KeptReport } from "./kept-report.ts";
import { momentOf, onMoments } from "./media-moments.ts";
import { Recorder } from "./recorder.ts";
import type { ViewsEnvironment } from "./views-environment.ts";

export interface WatchedPlayerParts {
  readonly media: HTMLMediaElement;
  readonly videoId: string;
  readonly environment: ViewsEnvironment;
  /** Something is to be told at once: it begins, it pauses, it ends. */
  onNews(): void;
  /** Seconds that count just now. */
  onWatched(seconds: readonly number[]): void;
}

/** Told at once; everything else waits for the next report. */
const NEWS: ReadonlySet<string> = new Set(["pause", "ended"]);

/** From `readyState` 2 on there is a picture of where it stands. */
const HAVE_CURRENT_DATA = 2;

/** One media element, and what it has played since it was asked last. */
export class WatchedPlayer {
  /** Names this loading of a player. */
  readonly id: string;
  readonly videoId: string;
  readonly #parts: WatchedPlayerParts;
  readonly #recorder = new Recorder();
  readonly #endMoments: () => void;
  readonly #endHidden: () => void;
  #hasPlayed = false;
  #isNew = false;
  #speed = 0;
  #positionSeconds = 0;
  #toldPositionSeconds = -1;

  constructor(parts: WatchedPlayerParts) {
    const { media, videoId, environment } = parts;
    this.#parts = parts;
    this.videoId = videoId;
    this.id = environment.newId();
    this.#endMoments = onMoments(media, (event) => this.#look(event));
    const [endHidden, endWake] = [
      environment.onHidden?.(() => this.#look("")),
      environment.onWake(() => this.#look("")),
    ];
    this.#endHidden = () => {
      endHidden?.();
      endWake();
    };
    this.#look("");
  }

  /**
   * What is to be reported: nothing where nothing was played, or else nothing moved.
   * @param isLeft it is the last: others may play in its place.
   */
  take(isLeft = false): readonly KeptReport[] {
    this.#look("");
    const parts = this.#recorder.take();
    const isMoved = this.#positionSeconds !== this.#toldPositionSeconds;
    if (!this.#hasPlayed || (parts.length === 0 && !isMoved && !this.#isNew && !isLeft)) return [];
    const { media, environment } = this.#parts;
    const { isMuted, isHidden, rate } = momentOf(media, environment);
    const told = {
      videoId: this.videoId,
      player: this.id,
      positionSeconds: this.#positionSeconds,
      speed: this.#speed === 0 ? rate : this.#speed,
      isLeft,
      atMs: environment.wallNow(),
    };
    this.#speed = 0;
    this.#isNew = false;
    this.#toldPositionSeconds = this.#positionSeconds;
    const all = parts.length === 0 ? [{ isMuted, isHidden, ranges: [] }] : parts;
    return all.map((part) => ({ ...told, ...part }));
  }

  /** Stops it: what was refused is not to be played. */
  pause(): void {
    this.#parts.media.pause();
  }

  close(): void {
    this.#endMoments();
    this.#endHidden();
  }

  #look(event: string): void {
    const moment = momentOf(this.#parts.media, this.#parts.environment, event);
    const counted = this.#recorder.note(moment);
    if (moment.isRunning) this.#speed = Math.max(this.#speed, moment.rate);
    // Without a picture it stands where a loading player stands: at 0, and nobody has been there.
    const hasPicture = this.#parts.media.readyState >= HAVE_CURRENT_DATA;
    if (hasPicture) this.#positionSeconds = moment.positionSeconds;
    if (moment.isRunning && hasPicture && !this.#hasPlayed) {
      this.#hasPlayed = true;
      this.#isNew = true;
      this.#parts.onNews();
    } else if (this.#hasPlayed && NEWS.has(event)) this.#parts.onNews();
    if (counted.length > 0) this.#parts.onWatched(counted);
  }
}
