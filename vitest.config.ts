import { defineConfig } from "vitest/config";

/** Node tests of everything but the browser's journeys, which are Playwright's (`e2e/`). */
export default defineConfig({
  resolve: {
    alias: { "@": import.meta.dirname, "server-only": new URL("scripts/empty.ts", import.meta.url).pathname },
  },
  test: {
    include: ["{app,server,db,sandbox,client,components,scripts,bench}/**/*.test.{ts,tsx}", "{middleware,next.config}.test.ts"],
    environment: "node",
    // It names `next/server` without the extension that Node's own resolution of ES modules wants.
    server: { deps: { inline: ["next-auth"] } },
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // How long a test looks out for what is about to be; a machine that is busy is no failure.
    expect: { poll: { timeout: 15_000 } },
  },
});
