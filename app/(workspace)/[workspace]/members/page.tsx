import type { Metadata } from "next";
import { Hydrate, prefetch, trpc } from "@/app/_api/prefetch";
import { MembersPage } from "./_components/members-page";

export const metadata: Metadata = { title: "Members" };

interface PageProps {
  readonly params: Promise<{ readonly workspace: string }>;
}

export default async function Page({ params }: PageProps) {
  const { workspace } = await params;
  await prefetch(trpc.members.list.queryOptions({ workspace }));
  return (
    <Hydrate>
      <MembersPage />
    </Hydrate>
  );
}
