import type { Metadata } from "next";
import { Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { ConnectFirst } from "./_components/connect-first";

export const metadata: Metadata = { title: "Connect a tool" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

/** The second step of the first run. */
export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  await prefetch(trpc.catalogue.list.queryOptions({ workspace }));
  return (
    <Hydrate>
      <ConnectFirst />
    </Hydrate>
  );
}
