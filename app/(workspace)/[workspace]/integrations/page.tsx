import type { Metadata } from "next";
import { Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { IntegrationsPage } from "./_components/integrations-page";

export const metadata: Metadata = { title: "Integrations" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  await prefetch(trpc.catalogue.list.queryOptions({ workspace }));
  return (
    <Hydrate>
      <IntegrationsPage />
    </Hydrate>
  );
}
