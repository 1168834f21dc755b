import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Within the repository the packages' sources are used. Outside it this line does nothing.
  resolve: { conditions: ["statusplane-source", ...defaultClientConditions] },
});
