/** What the packets of one track say, without decoding one. Times begin at the file's own start. */
export interface TrackWalk {
  /** Packets that are shown; those outside the file's own edit list are not. */
  readonly packets: number;
  /** Packets that are read, but never shown. */
  readonly hiddenPackets: number;
  readonly bytes: number;
  /** Where the first shown packet is presented; Infinity when there is none. */
  readonly startSeconds: number;
  /** Where the last one's presentation ends; 0 when there is none. */
  readonly endSeconds: number;
  /** By how much the first packet is decoded before it is presented: not 0 where pictures come out of order. */
  readonly delaySeconds: number;
  /** Longest time between the end of one packet and the begin of the next, or that two overlap. For sound. */
  readonly greatestHoleSeconds: number;
  readonly encrypted: boolean;
}

/** One packet; a time is null when the file does not say. Times begin at the file's own start. */
export interface Packet {
  readonly track: number;
  readonly ptsSeconds: number | null;
  readonly dtsSeconds: number | null;
  /** 0 when the file does not say. */
  readonly durationSeconds: number;
  readonly bytes: number;
  readonly keyframe: boolean;
  /** Outside the file's own edit list: read, but never shown. */
  readonly hidden: boolean;
  readonly encrypted: boolean;
}

/** Sums up a track, a packet at a time. */
export function createTrackWalk(): { add(packet: Packet): void; result(): TrackWalk } {
  let [packets, hiddenPackets, bytes, greatestHoleSeconds] = [0, 0, 0, 0];
  let [startSeconds, lastSeconds, endSeconds] = [Infinity, -Infinity, -Infinity];
  let delaySeconds: number | null = null;
  let nextSeconds: number | null = null;
  let encrypted = false;
  return {
    add(packet) {
      encrypted ||= packet.encrypted;
      if (packet.hidden) {
        hiddenPackets++;
        return;
      }
      packets++;
      bytes += packet.bytes;
      const at = packet.ptsSeconds;
      if (at === null) return;
      delaySeconds ??= packet.dtsSeconds === null ? 0 : Math.max(0, at - packet.dtsSeconds);
      startSeconds = Math.min(startSeconds, at);
      lastSeconds = Math.max(lastSeconds, at);
      endSeconds = Math.max(endSeconds, at + packet.durationSeconds);
      if (nextSeconds !== null)
        greatestHoleSeconds = Math.max(greatestHoleSeconds, Math.abs(at - nextSeconds));
      nextSeconds = at + packet.durationSeconds;
    },
    result() {
      // A last packet that does not say how long it is lasts as long as the others do.
      const usual = packets > 1 ? (lastSeconds - startSeconds) / (packets - 1) : 0;
      const end = endSeconds > lastSeconds ? endSeconds : lastSeconds + usual;
      return {
        ...{ packets, hiddenPackets, bytes, startSeconds, greatestHoleSeconds, encrypted },
        endSeconds: Number.isFinite(end) ? end : 0,
        delaySeconds: delaySeconds ?? 0,
      };
    },
  };
}
