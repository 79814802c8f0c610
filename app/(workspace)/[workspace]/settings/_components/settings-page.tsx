"use client";

import { useRouter } from "next/navigation";
import { PageFrame } from "@/components/page-frame";
import { useTRPCClient } from "@/components/trpc/provider";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";
import { AccessCard } from "./access-card";
import { CallLogForm } from "./call-log-form";
import { DeleteWorkspace } from "./delete-workspace";
import { EndedConnections } from "./ended-connections";
import { RenameForm } from "./rename-form";

export function SettingsPage() {
  const { slug, name, can } = useWorkspace();
  const client = useTRPCClient();
  const router = useRouter();
  return (
    <PageFrame width="reading" title="Settings" lead="What belongs to this workspace as a whole.">
      <RenameForm
        key={`${slug} ${name}`}
        name={name}
        slug={slug}
        mayRename={can("workspace.rename")}
        rename={async (change) => {
          const renamed = await client.workspaces.rename.mutate({ workspace: slug, ...change });
          toast.success("Saved");
          if (renamed.slug === slug) router.refresh();
          else router.replace(`/${renamed.slug}/settings`);
        }}
      />
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-6">
        <CallLogForm />
        <AccessCard />
        <EndedConnections />
        <DeleteWorkspace />
      </div>
    </PageFrame>
  );
}
