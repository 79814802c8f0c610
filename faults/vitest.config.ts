import { defineConfig } from "vitest/config";

/** `npm run test:faults`: what must hold when processes die and vendors fail, shown with real processes. */
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: "../node_modules/.vite",
  resolve: {
    alias: { "@": new URL("..", import.meta.url).pathname, "server-only": new URL("../scripts/empty.ts", import.meta.url).pathname },
  },
  test: {
    include: ["**/*.test.ts"],
    environment: "node",
    server: { deps: { inline: ["next-auth"] } },
    // Most of the time is spent in waiting; four would make two cores late.
    maxWorkers: 3,
    // The outages of one file run side by side: they are a matter of waiting.
    maxConcurrency: 10,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // `oidc-provider` says that its memory and its consent pages are for tests, which is what they are used for.
    onConsoleLog: (line) => !line.startsWith("oidc-provider WARNING: a quick start development-only"),
  },
});
