import type { Metadata } from "next";
import { Hydrate, prefetch, readPrefetched, trpc } from "@/app/_api/prefetch";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { IntegrationsPage } from "./_components/integrations-page";

export const metadata: Metadata = { title: "Integrations" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  const catalogue = trpc.catalogue.list.queryOptions({ workspace });
  await prefetch(catalogue);
  const connections = (readPrefetched<CatalogueEntry[]>(catalogue.queryKey) ?? []).flatMap((entry) => entry.connections);
  await Promise.all(connections.map(({ id }) => prefetch(trpc.connections.health.queryOptions({ workspace, connection: id }))));
  return (
    <Hydrate>
      <IntegrationsPage />
    </Hydrate>
  );
}
