import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { getCaller } from "@/app/_api/prefetch";
import { Brand } from "@/components/brand";
import { ApiProvider } from "@/components/trpc/provider";
import { toHubError } from "@/server/trpc/init";
import { DeletionProgress } from "./_components/deletion-progress";

export const metadata: Metadata = { title: "Deleting a workspace" };

interface DeletionPageProps {
  readonly params: Promise<{ readonly deletion: string }>;
}

async function readDeletion(deletion: string) {
  const caller = await getCaller();
  try {
    return await caller.workspaces.deletion({ deletion });
  } catch (error) {
    const { code } = toHubError(error);
    if (code === "ENOENT" || code === "EINVAL") notFound();
    if (code === "EAUTH") redirect(`/sign-in?${new URLSearchParams({ next: `/workspaces/deleted/${deletion}` })}`);
    throw error;
  }
}

/** What is left to see of a workspace that was deleted: how far it is, and what became of its connections. */
export default async function DeletionPage({ params }: DeletionPageProps) {
  const deletion = await readDeletion((await params).deletion);
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-8">
      <Brand />
      <div className="my-auto w-full max-w-lg py-10">
        <ApiProvider>
          <DeletionProgress deletion={deletion} />
        </ApiProvider>
      </div>
    </main>
  );
}
