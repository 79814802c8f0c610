"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { PageFrame } from "@/components/page-frame";
import { useTRPC, useTRPCClient } from "@/components/trpc/provider";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";
import { InvitationList } from "./invitation-list";
import { InviteDialog } from "./invite-dialog";
import { MemberList, type MemberRow } from "./member-list";
import { findRole, type RoleName } from "./roles";

export function MembersPage() {
  const { slug, name, role, can } = useWorkspace();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const router = useRouter();
  const mayManage = can("members.manage");
  const myRole = findRole(role) ?? "viewer";

  const members = useQuery(trpc.members.list.queryOptions({ workspace: slug }));
  const invitations = useQuery(trpc.invitations.list.queryOptions({ workspace: slug }, { enabled: mayManage }));
  const open = invitations.data?.filter((invitation) => invitation.acceptedAt === null) ?? [];

  const reload = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: trpc.members.list.queryKey({ workspace: slug }) }),
      queries.invalidateQueries({ queryKey: trpc.invitations.list.queryKey({ workspace: slug }) }),
    ]);
  const setRole = useMutation({
    mutationFn: (change: { member: MemberRow; role: RoleName }) =>
      client.members.setRole.mutate({ workspace: slug, member: change.member.id, role: change.role }),
    onError: (error) => toast.error("The role was not changed", readFailure(error).message),
    onSettled: async (_data, error, { member }) => {
      await reload();
      if (member.me && error === null) router.refresh();
    },
  });
  const remove = useMutation({
    mutationFn: (member: MemberRow) =>
      member.me ? client.members.leave.mutate({ workspace: slug }) : client.members.remove.mutate({ workspace: slug, member: member.id }),
    onError: (error) => toast.error("Nobody was removed", readFailure(error).message),
    onSuccess: (_data, member) => (member.me ? location.assign("/") : reload()),
  });
  const revoke = useMutation({
    mutationFn: (invitation: string) => client.invitations.revoke.mutate({ workspace: slug, invitation }),
    onError: (error) => toast.error("The invitation was not revoked", readFailure(error).message),
    onSettled: reload,
  });
  const busy = setRole.isPending || remove.isPending;

  return (
    <PageFrame
      width="reading"
      title="Members"
      lead={
        mayManage ? "Who works here, and what each may do." : "Who works here. An admin or the owner can invite people and change roles."
      }
      actions={
        mayManage ? (
          <InviteDialog
            workspaceName={name}
            myRole={myRole}
            invite={async (chosen) => {
              const invitation = await client.invitations.create.mutate({ workspace: slug, role: chosen });
              void reload();
              return invitation;
            }}
          />
        ) : null
      }
    >
      {members.data !== undefined ? (
        <MemberList
          members={members.data}
          myRole={myRole}
          mayManage={mayManage}
          busy={busy}
          onSetRole={(member, chosen) => setRole.mutate({ member, role: chosen })}
          onRemove={(member) => remove.mutate(member)}
        />
      ) : members.isError ? (
        <ErrorState
          error={members.error}
          title="The members did not load"
          onRetry={() => void members.refetch()}
          retrying={members.isFetching}
        />
      ) : (
        <MembersSkeleton />
      )}

      {open.length === 0 ? null : (
        <section className="mt-8">
          <h2 className="mb-3 font-semibold text-base">Open invitations</h2>
          <InvitationList invitations={open} busy={revoke.isPending} onRevoke={(invitation) => revoke.mutate(invitation.id)} />
        </section>
      )}
    </PageFrame>
  );
}

export function MembersSkeleton() {
  return (
    <div role="status" aria-label="Loading the members" className="divide-y rounded-lg border bg-card">
      {["a", "b", "c"].map((key) => (
        <div key={key} className="flex items-center gap-3 px-4 py-3">
          <Skeleton className="size-8 rounded-full" />
          <div className="flex-1">
            <Skeleton className="h-5 w-40" />
            <Skeleton className="mt-1 h-3.5 w-56 max-w-full" />
          </div>
          <Skeleton className="h-8 w-32" />
        </div>
      ))}
    </div>
  );
}
