import { notFound, redirect } from "next/navigation";
import type { ReactNode } from "react";
import { getCaller } from "@/app/_api/prefetch";
import { signOut } from "@/app/(auth)/actions";
import { ApiProvider } from "@/components/trpc/provider";
import { WorkspaceProvider } from "@/components/workspace-context";
import { manifests } from "@/server/integrations/manifests";
import { toHubError } from "@/server/trpc/init";
import { LastWorkspace } from "./_components/last-workspace";
import { Shell } from "./_components/shell";

const tools = Object.fromEntries(manifests.map(({ id, icon, gradient }) => [id, { icon, gradient }]));

interface WorkspaceLayoutProps {
  readonly params: Promise<{ readonly workspace: string }>;
  readonly children: ReactNode;
}

/** Reads who asks and which workspace this is. A workspace that is not theirs looks like one that is not there. */
async function readFrame(slug: string) {
  const caller = await getCaller();
  try {
    const [workspace, stop, workspaces, account] = await Promise.all([
      caller.workspaces.get({ workspace: slug }),
      caller.workspaces.access({ workspace: slug }),
      caller.workspaces.list(),
      caller.account.me(),
    ]);
    return { workspace, stop, workspaces, account };
  } catch (error) {
    const { code } = toHubError(error);
    if (code === "ENOENT" || code === "EINVAL") notFound();
    if (code === "EAUTH") redirect(`/sign-in?${new URLSearchParams({ next: `/${slug}` })}`);
    throw error;
  }
}

export default async function WorkspaceLayout({ params, children }: WorkspaceLayoutProps) {
  const { workspace, stop, workspaces, account } = await readFrame((await params).workspace);
  return (
    <ApiProvider>
      <WorkspaceProvider
        workspace={{
          slug: workspace.slug,
          name: workspace.name,
          role: workspace.role,
          permissions: workspace.permissions,
          demo: account.demo,
          tools,
        }}
      >
        <LastWorkspace slug={workspace.slug} />
        <Shell
          workspace={workspace}
          workspaces={workspaces}
          account={{ name: account.name, email: account.email }}
          signOut={signOut}
          stop={stop}
        >
          {children}
        </Shell>
      </WorkspaceProvider>
    </ApiProvider>
  );
}
