/** Where one track's samples of a segment lie, seconds, by the segment's own boxes and no edit list. */
export interface TrackTimes {
  readonly kind: "picture" | "sound";
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly samples: number;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

function* boxes(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const [length, head] =
      size === 1 ? [Number(bytes.readBigUInt64BE(at + 8)), 16] : [size || bytes.length - at, 8];
    yield { type: bytes.toString("latin1", at + 4, at + 8), body: bytes.subarray(at + head, at + length) };
    at += Math.max(8, length);
  }
}

function find(bytes: Buffer, ...path: readonly string[]): Buffer | null {
  const [type, ...rest] = path;
  for (const box of boxes(bytes))
    if (box.type === type) return rest.length === 0 ? box.body : find(box.body, ...rest);
  return null;
}

export interface TrackHead {
  readonly kind: "picture" | "sound";
  readonly ticksPerSecond: number;
}

/** The tracks of an init segment, by their numbers. */
export function readTracks(init: Buffer): ReadonlyMap<number, TrackHead> {
  const tracks = new Map<number, TrackHead>();
  for (const { type, body } of boxes(find(init, "moov") ?? Buffer.alloc(0))) {
    const [head, media] = [find(body, "tkhd"), find(body, "mdia", "mdhd")];
    if (type !== "trak" || head === null || media === null) continue;
    const handler = find(body, "mdia", "hdlr")?.toString("latin1", 8, 12);
    const ticksPerSecond = media.readUInt32BE(media[0] === 0 ? 12 : 20);
    tracks.set(head.readUInt32BE(head[0] === 0 ? 12 : 20), {
      kind: handler === "vide" ? "picture" : "sound",
      ticksPerSecond,
    });
  }
  return tracks;
}

/** The times of all samples of a segment, by track. */
export function readTimes(segment: Buffer, tracks: ReadonlyMap<number, TrackHead>): readonly TrackTimes[] {
  const times = new Map<number, TrackTimes>();
  for (const { type, body } of boxes(segment)) {
    if (type !== "moof") continue;
    for (const part of boxes(body)) {
      if (part.type !== "traf") continue;
      const [track, read] = readFragment(part.body);
      const head = tracks.get(track);
      if (head === undefined || read.samples === 0) continue;
      const known = times.get(track);
      const [from, to] = [read.from / head.ticksPerSecond, read.to / head.ticksPerSecond];
      times.set(track, {
        kind: head.kind,
        fromSeconds: Math.min(from, known?.fromSeconds ?? from),
        toSeconds: Math.max(to, known?.toSeconds ?? to),
        samples: read.samples + (known?.samples ?? 0),
      });
    }
  }
  return [...times.values()];
}

/** `tfhd`, `tfdt` and `trun` of ISO/IEC 14496-12, 8.8.7, 8.8.12 and 8.8.8. */
function readFragment(
  fragment: Buffer,
): readonly [track: number, { from: number; to: number; samples: number }] {
  const [head, begin] = [find(fragment, "tfhd"), find(fragment, "tfdt")];
  if (head === null || begin === null) return [0, { from: 0, to: 0, samples: 0 }];
  const flags = head.readUInt32BE(0) & 0xff_ff_ff;
  const durationAt = 8 + ((flags & 1) === 0 ? 0 : 8) + ((flags & 2) === 0 ? 0 : 4);
  const usual = (flags & 8) === 0 ? 0 : head.readUInt32BE(durationAt);
  let decode = begin[0] === 0 ? begin.readUInt32BE(4) : Number(begin.readBigUInt64BE(4));
  let [from, to, samples] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { type, body } of boxes(fragment)) {
    if (type !== "trun") continue;
    const run = body.readUInt32BE(0) & 0xff_ff_ff;
    const count = body.readUInt32BE(4);
    const fields = [0x100, 0x200, 0x400, 0x800].map((bit) => (run & bit) !== 0);
    let at = 8 + ((run & 1) === 0 ? 0 : 4) + ((run & 4) === 0 ? 0 : 4);
    for (let n = 0; n < count; n++) {
      const duration = fields[0] ? body.readUInt32BE(at) : usual;
      const shift = fields[3] ? body.readInt32BE(at + 4 * fields.slice(0, 3).filter(Boolean).length) : 0;
      [from, to] = [Math.min(from, decode + shift), Math.max(to, decode + shift + duration)];
      [decode, at] = [decode + duration, at + 4 * fields.filter(Boolean).length];
    }
    samples += count;
  }
  return [head.readUInt32BE(4), { from, to, samples }];
}
