"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { ErrorState } from "@/components/error-state";
import { PageFrame } from "@/components/page-frame";
import { useTRPC, useTRPCClient } from "@/components/trpc/provider";
import { EmptyState } from "@/components/ui/empty-state";
import { useWorkspace } from "@/components/workspace-context";
import { CreateKeyDialog } from "./create-key-dialog";
import { KeyList, KeysSkeleton } from "./key-list";
import { Snippets } from "./snippets";

/** The API keys of the workspace: made, told apart, revoked, and how to use one. */
export function KeysPage() {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const mayManage = can("keys.manage");
  const keys = useQuery(trpc.apiKeys.list.queryOptions({ workspace: slug }, { enabled: mayManage }));
  const reload = () => queries.invalidateQueries({ queryKey: trpc.apiKeys.list.queryKey({ workspace: slug }) });

  return (
    <PageFrame
      width="reading"
      title="API keys"
      lead="What apps and agents show to read and change this workspace's files."
      actions={
        mayManage ? (
          <CreateKeyDialog
            create={async (fields) => {
              const made = await client.apiKeys.create.mutate({ workspace: slug, ...fields });
              void reload();
              return made;
            }}
          />
        ) : null
      }
    >
      {!mayManage ? (
        <EmptyState icon={KeyRound} title="Keys are made by admins">
          An admin or the owner of this workspace can make a key for your app, and revoke it.
        </EmptyState>
      ) : keys.data !== undefined ? (
        keys.data.length === 0 ? (
          <EmptyState icon={KeyRound} title="No key yet">
            A key lets an app or an agent use this workspace's files, the connected tools' among them. It sees nothing private: not your own
            connections, not <code>/context/user</code>.
          </EmptyState>
        ) : (
          <KeyList
            keys={keys.data}
            revoke={async (key) => {
              await client.apiKeys.revoke.mutate({ workspace: slug, key: key.id });
              await reload();
            }}
          />
        )
      ) : keys.isError ? (
        <ErrorState error={keys.error} title="The keys did not load" onRetry={() => void keys.refetch()} retrying={keys.isFetching} />
      ) : (
        <KeysSkeleton />
      )}
      <section className="mt-8">
        <h2 className="mb-3 font-semibold text-base">Use a key</h2>
        <Snippets />
      </section>
    </PageFrame>
  );
}
