/** Every interval of the client but the poll schedule, in ms: one object, passed in, so that tests run in moments. */
export interface ClientTimings {
  /** A stream that has not said who reads it within this is no stream; two of them are given up within 10 s. */
  readonly openMs: number;
  /** What was asked for on an open stream has been told whole within this. */
  readonly readyMs: number;
  /** While a stream is opened or opened again, nothing is polled for so long. */
  readonly floorAfterMs: number;
  /** A stream of which no byte comes for so long has failed, whatever else it looks like. */
  readonly silentMs: number;
  /** While a stream tells everything, everything is polled this often all the same. */
  readonly safetyPollMs: number;
  /** A lost stream is opened again for so long before the poll takes over. */
  readonly reopenForMs: number;
  /** Wait after which streams are tried again, once the poll has taken over. */
  readonly returnAfterMs: number;
  /** A stream that has lived so long has proven itself; what is missing to it is waited for beside `returnAfterMs`. */
  readonly provenMs: number;
  /** A token is renewed so long before its end, or a tenth of its life if that is less. */
  readonly renewBeforeMs: number;
  /** Changes of what is watched are gathered for so long. */
  readonly gatherMs: number;
  /** Slower than this nobody looks: the page is hidden, or there is no network. */
  readonly unseenPollMs: number;
  /** A page that is hidden and wants nothing there watches for so long on: most are looked at again soon. */
  readonly restAfterMs: number;
  /** A tab that follows asks the leading one for a sign of life this often. */
  readonly pingMs: number;
  /** A leading tab that has not answered for so long leads no more. */
  readonly answerMs: number;
  /** A tab that was not heard of for so long is gone: browsers let the timers of hidden ones run once a minute. */
  readonly forgetTabMs: number;
}

/** Of a client that only polls. */
export const POLL_TIMINGS = {
  unseenPollMs: 15_000,
  restAfterMs: 10_000,
} as const satisfies Partial<ClientTimings>;
