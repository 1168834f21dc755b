import { host } from "./host.ts";

/**
 * Calls what the page gave. What it throws is reported as an uncaught error, where the page's error tracking sees it,
 * and stops nobody else.
 */
export function callSafely(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    if (host.reportError !== undefined) host.reportError(error);
    else
      queueMicrotask(() => {
        throw error; // no reportError: Node, old browsers
      });
  }
}
