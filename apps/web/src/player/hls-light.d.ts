/** The light build has the full one's types; its package does not say so. */
declare module "hls.js/light" {
  export { default as Hls } from "hls.js";
}
