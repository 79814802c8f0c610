import type { NextConfig } from "next";

/**
 * Standalone output: `npm start`, the demo and the container all run the same folder, so what is traced here is
 * what production has. The migrations and PGlite's files are read at run time, which tracing cannot see.
 */
const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingIncludes: {
    "/**": [
      "./db/migrations/**",
      "./db/pglite-worker.mjs",
      "./node_modules/@electric-sql/pglite/package.json",
      "./node_modules/@electric-sql/pglite/dist/**/*.{wasm,data,js,cjs,gz}",
    ],
  },
  serverExternalPackages: ["@electric-sql/pglite", "pg-boss", "pino", "pg"],
  poweredByHeader: false,
  reactStrictMode: true,
};

export default config;
