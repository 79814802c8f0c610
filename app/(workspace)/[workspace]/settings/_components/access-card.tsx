"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { OctagonX, Play, Unplug } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { ErrorState } from "@/components/error-state";
import { readFailure } from "@/components/failure";
import { RelativeTime } from "@/components/time";
import { useTRPC, useTRPCClient } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Spinner } from "@/components/ui/spinner";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";

/** How often the page asks how many connections are left to end. */
const askEveryMs = 1_000;

/** The workspace's switch for all access to tools, and the way to end every connection. */
export function AccessCard() {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const router = useRouter();
  const mayStop = can("workspace.stop");
  const access = useQuery(trpc.workspaces.access.queryOptions({ workspace: slug }));
  const progress = useQuery(
    trpc.workspaces.endingProgress.queryOptions(
      { workspace: slug },
      { enabled: mayStop, refetchInterval: ({ state }) => ((state.data?.left ?? 0) > 0 ? askEveryMs : false) },
    ),
  );
  // Everything that a page shows of tools depends on it.
  const changed = async () => {
    await queries.invalidateQueries();
    router.refresh();
  };
  const stop = async () => {
    await client.workspaces.stopAccess.mutate({ workspace: slug });
    await changed();
  };
  const resume = useMutation({
    mutationFn: () => client.workspaces.resumeAccess.mutate({ workspace: slug }),
    onError: (error) => toast.error("Access was not resumed", readFailure(error).message),
    onSuccess: changed,
  });
  const disconnectEverything = async () => {
    const { total } = await client.workspaces.disconnectEverything.mutate({ workspace: slug });
    if (total === 0) toast.success("There was nothing to disconnect");
    await changed();
  };
  const left = progress.data?.left;
  // Each connection that is gone has left a receipt and changed a card.
  useEffect(() => {
    if (left === undefined) return;
    for (const queryKey of [trpc.connections.pathKey(), trpc.catalogue.pathKey()]) void queries.invalidateQueries({ queryKey });
  }, [left, queries, trpc]);

  return (
    <Card id="access">
      <CardHeader>
        <div>
          <CardTitle>Access to tools</CardTitle>
          <CardDescription>
            {mayStop
              ? "For an emergency: one switch for every tool, person and program of this workspace."
              : "An admin or the owner can stop it."}
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="grid gap-3">
        {access.data === undefined ? (
          access.isError ? (
            <ErrorState error={access.error} title="This did not load" onRetry={() => void access.refetch()} retrying={access.isFetching} />
          ) : (
            <Skeleton role="status" aria-label="Loading the state of access" className="h-10 w-full" />
          )
        ) : access.data === null ? (
          <p className="max-w-prose text-muted-foreground">
            Tools can be called. Stopping keeps every call in, of people, programs and the hub’s own jobs; nothing is deleted, and resuming
            puts everything back as it was.
          </p>
        ) : (
          <Alert variant="danger">
            Stopped by {access.data.by ?? "a former member"} <RelativeTime at={access.data.at} />. No tool is called; only disconnecting
            still asks a tool to end its access.
          </Alert>
        )}
        {left !== undefined && left > 0 ? (
          <p role="status" className="flex items-center gap-2 text-info">
            <Spinner /> Disconnecting: {left === 1 ? "1 connection" : `${left} connections`} left. This goes on if you leave.
          </p>
        ) : null}
      </CardContent>
      {mayStop && access.data !== undefined ? (
        <CardFooter>
          {access.data === null ? (
            <ConfirmDialog
              trigger={
                <Button variant="danger">
                  <OctagonX /> Stop all access
                </Button>
              }
              title="Stop all access to tools?"
              action="Stop all access"
              working="Stopping"
              run={stop}
            >
              From that moment no call to any tool leaves the hub for this workspace, and no tool’s files are shown. Everyone sees that you
              did it. Calls that are under way at a tool end by themselves.
            </ConfirmDialog>
          ) : (
            <Button onClick={() => resume.mutate()} disabled={resume.isPending}>
              {resume.isPending ? <Spinner /> : <Play />} {resume.isPending ? "Resuming" : "Resume access"}
            </Button>
          )}
          <ConfirmDialog
            trigger={
              <Button variant="danger" disabled={left !== 0}>
                <Unplug /> Disconnect everything
              </Button>
            }
            title="Disconnect everything?"
            action="Disconnect everything"
            working="Starting"
            run={disconnectEverything}
          >
            The hub asks every tool to end its access, then deletes all tokens and everything it kept of the tools, members’ private
            connections included. Each leaves a receipt below. This cannot be undone; tools can be connected anew.
          </ConfirmDialog>
        </CardFooter>
      ) : null}
    </Card>
  );
}
