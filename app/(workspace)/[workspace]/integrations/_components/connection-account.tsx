import { Lock, Users } from "lucide-react";
import type { ConnectionView } from "@/server/integrations/catalogue";

/** Whose account a connection is, in which organisation, and who can see it. */
export function ConnectionAccount({ connection }: { readonly connection: ConnectionView }) {
  const shared = connection.visibility === "workspace";
  const Icon = shared ? Users : Lock;
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span className="min-w-0 truncate">
        {connection.accountName}
        {connection.orgName === null ? null : <span className="text-muted-foreground"> · {connection.orgName}</span>}
      </span>
      <span className="inline-flex shrink-0 items-center gap-1 text-muted-foreground text-xs">
        <Icon aria-hidden="true" className="size-3" />
        {shared ? "shared" : "only you"}
      </span>
    </span>
  );
}
