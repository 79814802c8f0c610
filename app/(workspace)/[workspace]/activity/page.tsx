import type { Metadata } from "next";
import { Hydrate, prefetchInfinite, trpc } from "@/app/_api/prefetch";
import { manifests } from "@/server/integrations/manifests";
import { ActivityPage } from "./_components/activity-page";
import { callsPageSize } from "./_components/calls-page-size";

export const metadata: Metadata = { title: "Activity" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  await prefetchInfinite(
    trpc.calls.list.infiniteQueryOptions({ workspace, limit: callsPageSize }, { getNextPageParam: (page) => page.nextCursor ?? undefined }),
  );
  const tools = Object.fromEntries(manifests.map(({ id, name, icon, gradient }) => [id, { name, icon, gradient }]));
  return (
    <Hydrate>
      <ActivityPage tools={tools} />
    </Hydrate>
  );
}
