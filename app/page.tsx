import { ArrowRight } from "lucide-react";
import { cookies } from "next/headers";
import Link from "next/link";
import { redirect } from "next/navigation";
import { Brand } from "@/components/brand";
import { ToolIcon } from "@/components/tool-icon";
import { Button } from "@/components/ui/button";
import { findCurrentPerson } from "@/server/auth/request";
import { getHub } from "@/server/compose/hub";
import { manifests } from "@/server/integrations/manifests";
import { getCaller } from "./_api/prefetch";
import { ExampleTree } from "./_home/example-tree";

/** Where the signed-in belong: the workspace they had open last, else their first, else the first run. */
async function findHome(): Promise<string> {
  const caller = await getCaller();
  const workspaces = await caller.workspaces.list();
  const last = (await cookies()).get("last-workspace")?.value;
  const home = workspaces.find(({ slug }) => slug === last) ?? workspaces[0];
  return home === undefined ? "/welcome" : `/${home.slug}/files`;
}

/** The first page: says what this is and what it can do now; those who are signed in go on to their workspace. */
export default async function HomePage() {
  if ((await findCurrentPerson()) !== null) redirect(await findHome());
  const { env } = await getHub();
  const ready = manifests.filter((manifest) => manifest.available);
  const later = manifests.filter((manifest) => !manifest.available);
  return (
    <div className="mx-auto flex min-h-dvh max-w-6xl flex-col px-5 sm:px-8">
      <header className="flex h-16 items-center justify-between">
        <Brand />
        <Button variant="outline" asChild>
          <Link href="/sign-in">Sign in</Link>
        </Button>
      </header>

      <main className="grid flex-1 content-center gap-12 py-12 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.05fr)] lg:items-center lg:gap-16">
        <div>
          <h1 className="max-w-lg text-balance font-semibold text-2xl sm:text-[2.5rem] sm:leading-[1.1] sm:tracking-tight">
            A team’s tools, as one file system.
          </h1>
          <p className="mt-4 max-w-md text-base text-muted-foreground">
            Connect a tool, and its records become files in one tree that people and programs browse, read and edit. Each change shows what
            it will do in the tool before it does it.
          </p>
          <div className="mt-6 flex flex-wrap items-center gap-x-4 gap-y-3">
            <Button size="lg" asChild>
              <Link href="/sign-in">
                Sign in <ArrowRight />
              </Link>
            </Button>
            {env.mode === "demo" ? (
              <p className="max-w-64 text-muted-foreground">This is the demo: its tools are a sandbox on this machine.</p>
            ) : null}
          </div>

          <dl className="mt-10 grid gap-4 border-t pt-6">
            <div>
              <dt className="text-muted-foreground text-xs">Works in this version</dt>
              <dd className="mt-2 flex flex-wrap gap-x-5 gap-y-2">
                {ready.map((manifest) => (
                  <span key={manifest.id} className="inline-flex items-center gap-2 font-medium">
                    <ToolIcon icon={manifest.icon} gradient={manifest.gradient} size="sm" /> {manifest.name}
                  </span>
                ))}
              </dd>
            </div>
            {later.length === 0 ? null : (
              <div>
                <dt className="text-muted-foreground text-xs">In the catalogue, not available yet</dt>
                <dd className="mt-2 flex flex-wrap gap-x-5 gap-y-2">
                  {later.map((manifest) => (
                    <span key={manifest.id} className="inline-flex items-center gap-2 text-muted-foreground">
                      <ToolIcon icon={manifest.icon} gradient={manifest.gradient} size="sm" quiet /> {manifest.name}
                    </span>
                  ))}
                </dd>
              </div>
            )}
          </dl>
        </div>
        <ExampleTree />
      </main>
    </div>
  );
}
