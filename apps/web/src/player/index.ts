/**
 * Plays a finished video: hls.js where it can, Safari's own player there.
 * May import text and ui; the app loads player-dialog.tsx lazily, for hls.js is larger than the page.
 * Data comes from the playback endpoint (no query) and from signed addresses of playlists and segments;
 * it goes into a video element.
 * When a signature ends, playback is asked again and goes on where it was.
 */
export type { PlayerDialogProps } from "./player-dialog.tsx";
