/**
 * Monotonic microseconds: the machine's own clock (CLOCK_MONOTONIC), the same in every process, so that what one process
 * wrote down can be compared with what another one reads.
 */
export function machineUs(): number {
  return Math.floor(Number(process.hrtime.bigint() / 1_000n));
}
