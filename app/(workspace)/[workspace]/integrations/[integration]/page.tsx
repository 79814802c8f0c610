import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { getCaller, Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { findManifest } from "@/server/integrations/manifests";
import { IntegrationPage } from "./_components/integration-page";
import { recentCallCount } from "./_components/recent-call-count";

interface PageProps {
  readonly params: Promise<{ readonly workspace: string; readonly integration: string }>;
}

export async function generateMetadata({ params }: PageProps): Promise<Metadata> {
  return { title: findManifest((await params).integration)?.name ?? "Not found" };
}

/** The health and the newest calls of each of the tool's connections; what fails here is asked for again, and shown, in the browser. */
async function prefetchConnections(workspace: string, integration: string): Promise<void> {
  const caller = await getCaller();
  const connections = await caller.connections.list({ workspace }).catch(() => []);
  await Promise.all(
    connections
      .filter((connection) => connection.integration === integration)
      .flatMap(({ id: connection }) => [
        prefetch(trpc.connections.health.queryOptions({ workspace, connection })),
        prefetch(trpc.calls.list.queryOptions({ workspace, connection, limit: recentCallCount })),
      ]),
  );
}

export default async function Page({ params }: PageProps) {
  const { workspace, integration } = await params;
  if (findManifest(integration) === null) notFound();
  await Promise.all([prefetch(trpc.catalogue.get.queryOptions({ workspace, integration })), prefetchConnections(workspace, integration)]);
  return (
    <Hydrate>
      <IntegrationPage integration={integration} />
    </Hydrate>
  );
}
