import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Sources, never a build that could be stale.
  resolve: { conditions: ["statusplane-source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    // The page's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    // A busy machine's timings are no news to whoever starts the product.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
