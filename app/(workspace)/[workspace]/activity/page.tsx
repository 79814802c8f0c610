import type { Metadata } from "next";
import { Hydrate, prefetchInfinite, trpc } from "@/app/_api/prefetch";
import { manifests } from "@/server/integrations/manifests";
import { ActivityPage } from "./_components/activity-page";
import { callsPageSize, filterOf, readView } from "./_components/call-filter";

export const metadata: Metadata = { title: "Activity" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
  readonly searchParams: Promise<Readonly<Record<string, string | readonly string[] | undefined>>>;
}

export default async function Page({ params, searchParams }: PageProps) {
  const [{ workspace }, search] = await Promise.all([params, searchParams]);
  const filter = filterOf(readView((name) => [search[name] ?? []].flat()[0] ?? null));
  await prefetchInfinite(
    trpc.calls.list.infiniteQueryOptions(
      { workspace, ...filter, limit: callsPageSize },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  );
  const tools = Object.fromEntries(manifests.map(({ id, name, icon, gradient }) => [id, { name, icon, gradient }]));
  return (
    <Hydrate>
      <ActivityPage tools={tools} />
    </Hydrate>
  );
}
