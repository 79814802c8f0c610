import { gzipSync } from "node:zlib";
import { ensureBuild } from "./build";
import { emit } from "./emit";
import { openHub } from "./hub";

/** Bytes of the scripts that a page's HTML names, each compressed with gzip as a server does by default (level 6). */
async function measureScripts(url: string, cookie: string): Promise<{ bytes: number; files: number }> {
  const html = await (await fetch(url, { headers: { cookie } })).text();
  const sources = new Set(
    [...html.matchAll(/<script[^>]+src="([^"]+\.js[^"]*)"[^>]*>/g)]
      .filter(([tag]) => !tag.includes("noModule"))
      .map((match) => match[1] ?? ""),
  );
  let bytes = 0;
  for (const source of sources)
    bytes += gzipSync(Buffer.from(await (await fetch(new URL(source, url))).arrayBuffer()), { level: 6 }).length;
  return { bytes, files: sources.size };
}

/** First-load JavaScript of the explorer, compressed, beside that of a page that has nothing but the shell every page pays. */
export async function benchBundle(): Promise<void> {
  await ensureBuild();
  const hub = await openHub();
  try {
    const explorer = await measureScripts(`${hub.origin}/${hub.workspace}/files/context`, hub.cookie);
    const bare = await measureScripts(`${hub.origin}/no-such-workspace`, hub.cookie);
    emit({
      bench: "bundle",
      case: "explorer first load",
      value: explorer.bytes / 1000,
      unit: "kB gzip",
      baseline: bare.bytes / 1000,
      detail: { files: explorer.files, baseline: "the not-found page" },
    });
  } finally {
    await hub.close();
  }
}
