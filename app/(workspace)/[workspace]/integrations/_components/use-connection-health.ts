"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/provider";
import { useWorkspace } from "@/components/workspace-context";
import type { ConnectionView } from "@/server/integrations/catalogue";

/** The sentences count minutes and calls; they are asked for again this often, while the page is looked at. */
const refreshMs = 15_000;

/** A connection's health, kept current. The first of the `sentences` is its status; until the rest is there, what the connection itself says. */
export function useConnectionHealth(connection: ConnectionView) {
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const health = useQuery(
    trpc.connections.health.queryOptions({ workspace: slug, connection: connection.id }, { refetchInterval: refreshMs }),
  );
  const known = [connection.status.reason, connection.tokenWords].filter((sentence) => sentence !== null);
  return { health, sentences: health.data?.sentences ?? known };
}
