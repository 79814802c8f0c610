"use client";

import { ChevronRight } from "lucide-react";
import { CallLink } from "@/components/calls/call-link";
import { ConnectionStatusLabel } from "@/components/connection-status";
import { readFailure } from "@/components/failure";
import { RelativeTime } from "@/components/time";
import { CopyButton } from "@/components/ui/copy-button";
import type { ConnectionFailure, ConnectionView } from "@/server/integrations/catalogue";
import { useConnectionHealth } from "../../_components/use-connection-health";

/** How a connection does, in sentences that keep themselves current: status, token, sync, limits, and the last failure with what to do. */
export function ConnectionHealth({ connection }: { readonly connection: ConnectionView }) {
  const { health, sentences } = useConnectionHealth(connection);
  const failure = health.data?.lastFailure ?? null;
  return (
    <div className="grid gap-3">
      <div className="grid gap-1.5">
        <ConnectionStatusLabel state={(health.data ?? connection).status.state} className="text-base" />
        <p className="max-w-prose text-base text-muted-foreground" data-slot="connection-health">
          {sentences.join(" ")}
        </p>
        {health.isError ? (
          <p className="max-w-prose text-muted-foreground text-sm">
            The rest of its health could not be read: {readFailure(health.error).message}{" "}
            <button type="button" className="text-link" onClick={() => void health.refetch()}>
              Try again
            </button>
          </p>
        ) : null}
      </div>
      {failure === null ? null : <LastFailure key={failure.call} failure={failure} />}
    </div>
  );
}

/** Open while it is the last word; folded once calls succeed again. */
function LastFailure({ failure }: { readonly failure: ConnectionFailure }) {
  return (
    <details open={!failure.isOver} className="group rounded-md border bg-muted/50 px-3 py-2">
      <summary className="flex cursor-pointer list-none flex-wrap items-center gap-x-2 rounded-sm">
        <ChevronRight aria-hidden="true" className="size-4 shrink-0 text-muted-foreground transition-transform group-open:rotate-90" />
        <span className="font-medium">Last failure</span>
        <RelativeTime at={failure.at} className="text-muted-foreground" />
        <code className="min-w-0 break-all font-mono text-muted-foreground text-xs">{failure.operation}</code>
      </summary>
      <div className="grid gap-1.5 ps-6 pt-1.5">
        <p className="max-w-prose">
          {failure.what} {failure.advice}
        </p>
        {failure.path === null ? null : (
          <p className="text-muted-foreground">
            For <code className="break-all font-mono text-xs">{failure.path}</code>
          </p>
        )}
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted-foreground">
          {failure.vendorRequestId === null ? null : (
            <span className="inline-flex min-w-0 items-center gap-1">
              Request <code className="break-all font-mono text-xs">{failure.vendorRequestId}</code>
              <CopyButton value={failure.vendorRequestId} label="Copy request id" className="-my-1" />
            </span>
          )}
          <CallLink call={failure.call} />
        </p>
      </div>
    </details>
  );
}
