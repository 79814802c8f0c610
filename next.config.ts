import type { NextConfig } from "next";

/**
 * Standalone output: `npm start`, the demo and the container all run the same folder, so what is traced here is
 * what production has. The migrations and PGlite's files are read at run time, which tracing cannot see.
 */
const headers = [
  { key: "x-content-type-options", value: "nosniff" },
  // Sign-in links and invitations carry a token in their address: no other site is told it.
  { key: "referrer-policy", value: "same-origin" },
  { key: "x-frame-options", value: "DENY" },
  // No other origin, the next port of localhost included, may embed an answer of the hub.
  { key: "cross-origin-resource-policy", value: "same-origin" },
  { key: "permissions-policy", value: "camera=(), microphone=(), geolocation=(), payment=(), usb=()" },
];

const config: NextConfig = {
  headers: async () => [{ source: "/:path*", headers }],
  // `next dev` prints every address it is asked for; these hold single-use tokens and codes.
  logging: { incomingRequests: { ignore: [/^\/sign-in\/confirm/, /^\/oauth\/callback/, /^\/api\/auth\/callback/, /^\/invite\//] } },
  // The hub shows no pictures but its own icons, so Next's endpoint that fetches and converts them is not there.
  images: { unoptimized: true },
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
