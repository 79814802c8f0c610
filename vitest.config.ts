import { defineConfig } from "vitest/config";

/** Node tests of everything but the browser's journeys, which are Playwright's (`e2e/`). */
export default defineConfig({
  resolve: {
    alias: { "@": import.meta.dirname, "server-only": new URL("scripts/empty.ts", import.meta.url).pathname },
  },
  test: {
    include: ["{app,server,db,sandbox,components,scripts,bench}/**/*.test.{ts,tsx}", "middleware.test.ts"],
    environment: "node",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
