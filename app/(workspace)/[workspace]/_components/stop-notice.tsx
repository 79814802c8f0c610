"use client";

import { OctagonX } from "lucide-react";
import Link from "next/link";
import { RelativeTime } from "@/components/time";
import { useWorkspace } from "@/components/workspace-context";
import type { AccessStop } from "@/server/workspaces/access";

/** What it means that access to tools is stopped, who did it, and the way to lift it. */
export function StopNotice({ stop }: { readonly stop: AccessStop }) {
  const { slug, can } = useWorkspace();
  const mayResume = can("workspace.stop");
  return (
    <div
      role="status"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-danger-border border-b bg-danger-surface px-4 py-2 text-sm"
    >
      <OctagonX aria-hidden="true" className="size-4 shrink-0 text-danger" />
      <p className="min-w-0 flex-1 basis-64">
        <strong className="font-semibold">All access to tools is stopped.</strong> {stop.by ?? "A former member"} stopped it{" "}
        <RelativeTime at={stop.at} />: no tool is called, and no tool’s files are shown.
        {mayResume ? null : " An admin can resume it."}
      </p>
      {mayResume ? (
        <Link href={`/${slug}/settings#access`} className="font-medium underline underline-offset-4">
          Go to the settings
        </Link>
      ) : null}
    </div>
  );
}
