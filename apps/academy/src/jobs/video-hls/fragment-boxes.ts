/**
 * What fMP4 (ISO/IEC 14496-12) says of times: the tracks of an init segment, and the samples of a media segment's
 * `moof`. Only what ffmpeg wrote for us is read here; whatever does not look like that is null or missing.
 */

export interface InitTrack {
  readonly id: number;
  readonly kind: "picture" | "sound";
  /** Ticks per second. */
  readonly timescale: number;
  /** Ticks of a sample that does not say its own. */
  readonly defaultDuration: number;
  /** Flags of a sample that does not say its own. */
  readonly defaultFlags: number;
  /** Whether an edit list moves the track: players of segments leave it out. */
  readonly shifted: boolean;
}

/** The samples of one track in one segment. */
export interface TrackFragment {
  readonly track: number;
  readonly samples: number;
  /** Where the first presented sample begins and the last presented one ends, ticks. */
  readonly startTicks: number;
  readonly endTicks: number;
  readonly longestSampleTicks: number;
  /** Whether decoding can begin at the first sample. */
  readonly beginsWithKeyframe: boolean;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** Empty when it is no init segment. */
export function readInitTracks(init: Buffer): readonly InitTrack[] {
  const moov = boxes(init).find(({ type }) => type === "moov");
  if (moov === undefined) return [];
  const defaults = new Map(
    inside(moov.body, "mvex", "trex").map((trex) => [
      trex.readUInt32BE(4),
      { duration: trex.readUInt32BE(12), flags: trex.readUInt32BE(20) },
    ]),
  );
  return inside(moov.body, "trak").flatMap((trak) => {
    const [tkhd] = inside(trak, "tkhd");
    const [mdhd] = inside(trak, "mdia", "mdhd");
    const [hdlr] = inside(trak, "mdia", "hdlr");
    if (tkhd === undefined || mdhd === undefined || hdlr === undefined) return [];
    const id = tkhd.readUInt32BE(tkhd.readUInt8(0) === 1 ? 20 : 12);
    const kind = { vide: "picture" as const, soun: "sound" as const }[hdlr.toString("latin1", 8, 12)];
    if (kind === undefined) return [];
    const { duration: defaultDuration, flags: defaultFlags } = defaults.get(id) ?? { duration: 0, flags: 0 };
    const timescale = mdhd.readUInt32BE(mdhd.readUInt8(0) === 1 ? 20 : 12);
    return [{ id, kind, timescale, defaultDuration, defaultFlags, shifted: isShifted(trak) }];
  });
}

/** Of a `moof` box, the header left out: one for each track that has samples in it. */
export function readFragments(moof: Buffer, tracks: readonly InitTrack[]): readonly TrackFragment[] {
  return inside(moof, "traf").flatMap((traf) => {
    const [header] = inside(traf, "tfhd");
    const [time] = inside(traf, "tfdt");
    const track = tracks.find(({ id }) => id === header?.readUInt32BE(4));
    if (header === undefined || time === undefined || track === undefined) return [];
    const defaults = sampleDefaults(header, track);
    const fragment = {
      ...{ track: track.id, samples: 0, startTicks: Infinity, endTicks: -Infinity, longestSampleTicks: 0 },
    };
    let beginsWithKeyframe = false;
    let dts = time.readUInt8(0) === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4);
    for (const sample of inside(traf, "trun").flatMap((run) => runSamples(run, defaults))) {
      if (fragment.samples++ === 0) beginsWithKeyframe = (sample.flags & NOT_SYNC) === 0;
      fragment.startTicks = Math.min(fragment.startTicks, dts + sample.offset);
      fragment.endTicks = Math.max(fragment.endTicks, dts + sample.offset + sample.duration);
      fragment.longestSampleTicks = Math.max(fragment.longestSampleTicks, sample.duration);
      dts += sample.duration;
    }
    return fragment.samples === 0 ? [] : [{ ...fragment, beginsWithKeyframe }];
  });
}

const NOT_SYNC = 0x1_0000;

interface SampleTimes {
  readonly duration: number;
  readonly flags: number;
  /** From decoding to presentation, ticks. */
  readonly offset: number;
}

/** `tfhd`: track id, then what its flags announce, in this order (8.8.7). */
function sampleDefaults(header: Buffer, track: InitTrack): Omit<SampleTimes, "offset"> {
  const flags = header.readUIntBE(1, 3);
  let at = 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0);
  const next = (announced: number, otherwise: number) => {
    if ((flags & announced) === 0) return otherwise;
    at += 4;
    return header.readUInt32BE(at - 4);
  };
  const duration = next(0x8, track.defaultDuration);
  next(0x10, 0); // size
  return { duration, flags: next(0x20, track.defaultFlags) };
}

/** `trun`: number of samples, then for the run and for each sample what its flags announce (8.8.8). */
function runSamples(run: Buffer, defaults: Omit<SampleTimes, "offset">): SampleTimes[] {
  const [version, flags, count] = [run.readUInt8(0), run.readUIntBE(1, 3), run.readUInt32BE(4)];
  let at = 8 + (flags & 0x1 ? 4 : 0);
  const next = (announced: number, otherwise: number, signed = false) => {
    if ((flags & announced) === 0) return otherwise;
    at += 4;
    return signed ? run.readInt32BE(at - 4) : run.readUInt32BE(at - 4);
  };
  const firstFlags = next(0x4, defaults.flags);
  return Array.from({ length: count }, (_, index) => {
    const duration = next(0x100, defaults.duration);
    next(0x200, 0); // size
    const own = next(0x400, index === 0 ? firstFlags : defaults.flags);
    return { duration, flags: own, offset: next(0x800, 0, version === 1) };
  });
}

/** An edit list with a pause before the track (-1), a begin that is not the track's own, or more than one entry. */
function isShifted(trak: Buffer): boolean {
  return inside(trak, "edts", "elst").some((elst) => {
    const entries = elst.readUInt32BE(4);
    if (entries === 0) return false;
    const moved = elst.readUInt8(0) === 1 ? elst.readBigInt64BE(16) !== 0n : elst.readInt32BE(12) !== 0;
    return moved || entries > 1;
  });
}

/** The bodies of all boxes at a path. */
function inside(body: Buffer, ...path: readonly string[]): readonly Buffer[] {
  const [type, ...rest] = path;
  const found = boxes(body).flatMap((box) => (box.type === type ? [box.body] : []));
  return rest.length === 0 ? found : found.flatMap((each) => inside(each, ...rest));
}

function boxes(bytes: Buffer): readonly Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) break; // ours have no 64-bit sizes in here
    found.push({ type: bytes.toString("latin1", at + 4, at + 8), body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return found;
}
