"use client";

import { Trash2 } from "lucide-react";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { useTRPCClient } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Card, CardDescription, CardFooter, CardHeader, CardTitle } from "@/components/ui/card";
import { useWorkspace } from "@/components/workspace-context";

/** The end of the workspace, for its owner. */
export function DeleteWorkspace() {
  const { slug, name, can } = useWorkspace();
  const client = useTRPCClient();
  const mayDelete = can("workspace.delete");
  return (
    <Card className="border-danger-border">
      <CardHeader>
        <div>
          <CardTitle>Delete this workspace</CardTitle>
          <CardDescription>
            {mayDelete
              ? "Every connection is ended at its tool, then everything of the workspace is deleted for everyone. Nothing is deleted in the tools."
              : "Only an owner of this workspace can delete it."}
          </CardDescription>
        </div>
      </CardHeader>
      {mayDelete ? (
        <CardFooter>
          <ConfirmDialog
            trigger={
              <Button variant="danger">
                <Trash2 /> Delete workspace
              </Button>
            }
            title={`Delete ${name}?`}
            action="Delete workspace"
            working="Deleting"
            typed={{ label: `Type ${name} to confirm`, text: name }}
            run={async (typed) => {
              const { deletion } = await client.workspaces.delete.mutate({ workspace: slug, name: typed });
              // The whole page: nothing of this workspace may stay in the browser's memory.
              location.assign(`/workspaces/deleted/${deletion}`);
            }}
          >
            At once nobody finds it any more. Its members, files, memory and connections, the members’ private ones included, are deleted.
            This cannot be undone.
          </ConfirmDialog>
        </CardFooter>
      ) : null}
    </Card>
  );
}
