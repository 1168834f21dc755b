import type { Sender, SendOptions } from "./sender.ts";

/* What is asked of the server beside watching. */

/** Sends, and answers once the answer's head is there. @throws {ClientError} for every answer but 2xx, and for none. */
export async function request(sender: Sender, path: string, options: SendOptions = {}): Promise<Response> {
  return sender.send(ownPath(path), options, (response) => {
    const { ok, status, headers } = response;
    if (!ok) throw sender.problem({ status, headers }); // a 304 to a condition of the caller's own
    return response;
  });
}

/** As {@link request}, with the body read as JSON before the deadline. */
export async function readJson(sender: Sender, path: string, options: SendOptions = {}): Promise<unknown> {
  return sender.send(ownPath(path), options, (response) => sender.bodyOf(response));
}

/** As {@link readJson}, and checked: `unexpected_answer` for a body of which `check` makes null. @throws {ClientError} */
export async function read<T>(sender: Sender, path: string, check: (body: unknown) => T | null): Promise<T> {
  return sender.checked(await readJson(sender, path), check);
}

/** @throws {TypeError} for a path that could leave the server's origin with a token. */
function ownPath(path: string): string {
  if (!/^\/(?![/\\])/.test(path)) throw new TypeError(`not a path of the server: ${path}`);
  return path;
}
