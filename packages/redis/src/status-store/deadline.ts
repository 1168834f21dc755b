/**
 * Waits for an answer, for so long at most. When the time is over the event loop gets one more look at the sockets:
 * after a long pause of this process an answer may lie there unread, and that is no fault of Redis.
 * @param deadlineMs in ms.
 */
export function withDeadline<T>(answer: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      setImmediate(() => reject(new Error(`Redis gave no answer within ${deadlineMs} ms`)));
    }, deadlineMs);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
