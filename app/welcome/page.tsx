import type { Metadata } from "next";
import { getCaller } from "@/app/_api/prefetch";
import { Brand } from "@/components/brand";
import { Steps } from "@/components/first-run-steps";
import { ApiProvider } from "@/components/trpc/provider";
import { CreateWorkspaceForm } from "./_components/create-workspace-form";

export const metadata: Metadata = { title: "New workspace" };

/** The first step for a person without a workspace, and the way to another one. */
export default async function WelcomePage() {
  const caller = await getCaller();
  const workspaces = await caller.workspaces.list();
  const first = workspaces.length === 0;
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-8">
      <Brand />
      <div className="my-auto w-full max-w-md py-10">
        <Steps current={0} />
        <h1 className="mt-6 font-semibold text-2xl">{first ? "Name your workspace" : "New workspace"}</h1>
        <p className="mt-2 mb-6 text-base text-muted-foreground">
          A workspace is your team’s tree of files, with its own members and its own connections. Nothing is shared between workspaces.
        </p>
        <ApiProvider>
          <CreateWorkspaceForm back={first ? null : `/${workspaces[0]?.slug ?? ""}/files`} />
        </ApiProvider>
      </div>
    </main>
  );
}
