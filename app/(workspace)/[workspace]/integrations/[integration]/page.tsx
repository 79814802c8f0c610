import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { findManifest } from "@/server/integrations/manifests";
import { IntegrationPage } from "./_components/integration-page";

interface PageProps {
  readonly params: Promise<{ readonly workspace: string; readonly integration: string }>;
}

export async function generateMetadata({ params }: PageProps): Promise<Metadata> {
  return { title: findManifest((await params).integration)?.name ?? "Not found" };
}

export default async function Page({ params }: PageProps) {
  const { workspace, integration } = await params;
  if (findManifest(integration) === null) notFound();
  await prefetch(trpc.catalogue.get.queryOptions({ workspace, integration }));
  return (
    <Hydrate>
      <IntegrationPage integration={integration} />
    </Hydrate>
  );
}
