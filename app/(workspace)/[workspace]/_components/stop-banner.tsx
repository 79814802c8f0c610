"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTRPC } from "@/components/trpc/provider";
import { useWorkspace } from "@/components/workspace-context";
import type { AccessStop } from "@/server/workspaces/access";

// Its own chunk: hardly any workspace is stopped.
const StopNotice = dynamic(() => import("./stop-notice").then((module) => module.StopNotice));

/** How often an open page asks whether somebody else stopped or resumed. */
const askEveryMs = 30_000;

/** The notice on every page of a workspace whose access to tools is stopped. */
export function StopBanner({ stop }: { readonly stop: AccessStop | null }) {
  const { slug } = useWorkspace();
  const trpc = useTRPC();
  const access = useQuery(trpc.workspaces.access.queryOptions({ workspace: slug }, { initialData: stop, refetchInterval: askEveryMs }));
  return access.data === null ? null : <StopNotice stop={access.data} />;
}
