"use client";

import { CopyButton } from "@/components/ui/copy-button";
import { useOrigin } from "./use-origin";

const client = (origin: string): string => `import { env } from "node:process";
import { createHubClient } from "byte-hub-client";

const hub = createHubClient({ url: "${origin}", apiKey: env.HUB_API_KEY });
const { nodes } = await hub.list({ path: "/context/tools" });
const { text } = await hub.read({ path: nodes[0].path });`;

const curl = (origin: string): string => `curl -G ${origin}/api/trpc/vfs.list \\
  -H "Authorization: Bearer $HUB_API_KEY" \\
  --data-urlencode 'input={"workspace":"~","path":"/context/tools"}'`;

/** How a program uses a key: with the client, and with nothing. The key itself is never in them. */
export function Snippets() {
  const origin = useOrigin();
  return (
    <div className="grid gap-3">
      <Snippet title="TypeScript" text={client(origin)} />
      <Snippet title="curl" text={curl(origin)} />
    </div>
  );
}

function Snippet({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <section aria-label={title} className="overflow-hidden rounded-md border bg-muted">
      <header className="flex items-center justify-between border-b px-3 py-1">
        <h3 className="font-medium text-xs">{title}</h3>
        <CopyButton value={text} label={`Copy the ${title} lines`} />
      </header>
      <pre className="whitespace-pre-wrap break-words p-3 font-mono text-xs leading-relaxed">{text}</pre>
    </section>
  );
}
