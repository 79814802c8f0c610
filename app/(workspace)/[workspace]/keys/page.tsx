import type { Metadata } from "next";
import { Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { KeysPage } from "./_components/keys-page";

export const metadata: Metadata = { title: "API keys" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  await prefetch(trpc.apiKeys.list.queryOptions({ workspace }));
  return (
    <Hydrate>
      <KeysPage />
    </Hydrate>
  );
}
