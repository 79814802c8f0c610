"use client";

import Link from "next/link";
import { cn } from "@/components/ui/cn";
import { useWorkspaceIfAny } from "@/components/workspace-context";

/** The way from a failure to the call that failed, for those who may see the calls. */
export function CallLink({ call, className }: { readonly call: string; readonly className?: string }) {
  const workspace = useWorkspaceIfAny();
  if (workspace === null || !workspace.can("calls.read")) return null;
  return (
    <Link href={`/${workspace.slug}/activity?call=${call}`} className={cn("text-link", className)}>
      See the call
    </Link>
  );
}
