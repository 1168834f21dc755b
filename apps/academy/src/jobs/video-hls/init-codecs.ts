/**
 * The `CODECS` of a rendition from its init segment: profile, constraints and level stand in the `avcC` box
 * (ISO/IEC 14496-15, 5.3.3.1); our sound is AAC-LC. Null when there is no H.264 in it.
 */
export function initCodecs(init: Uint8Array): string | null {
  const bytes = Buffer.from(init.buffer, init.byteOffset, init.byteLength);
  const box = bytes.indexOf("avcC", 0, "latin1");
  const profile = box < 0 ? Buffer.alloc(0) : bytes.subarray(box + 5, box + 8);
  if (profile.length < 3) return null;
  const sound = bytes.indexOf("mp4a", 0, "latin1") < 0 ? "" : ",mp4a.40.2";
  return `avc1.${profile.toString("hex")}${sound}`;
}
