import { ConnectionStatusLabel } from "@/components/connection-status";
import { RelativeTime } from "@/components/time";
import type { ConnectionView } from "@/server/integrations/catalogue";

/** How a connection stands, in sentences: its status, its token, its last sync. */
export function ConnectionHealth({ connection }: { readonly connection: ConnectionView }) {
  return (
    <div className="grid gap-1.5">
      <ConnectionStatusLabel state={connection.status.state} className="text-base" />
      <p className="max-w-prose text-base text-muted-foreground">
        {connection.status.reason} <TokenSentence connection={connection} /> <SyncSentence connection={connection} />
      </p>
    </div>
  );
}

function TokenSentence({ connection }: { readonly connection: ConnectionView }) {
  if (connection.status.state === "reauth_required" || connection.status.state === "disconnecting") return null;
  if (connection.tokenExpiresAt === null) return "Its token does not expire by itself.";
  return connection.renews ? (
    <>
      Its token renews itself <RelativeTime at={connection.tokenExpiresAt} />.
    </>
  ) : (
    <>
      Its token ends <RelativeTime at={connection.tokenExpiresAt} />; then somebody signs in again.
    </>
  );
}

function SyncSentence({ connection }: { readonly connection: ConnectionView }) {
  if (connection.lastSync === null)
    return connection.status.state === "connected" ? "Files are read from the tool as they are opened." : null;
  return (
    <>
      Last sync <RelativeTime at={connection.lastSync} />.
    </>
  );
}
