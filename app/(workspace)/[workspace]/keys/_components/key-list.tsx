"use client";

import { KeyRound, X } from "lucide-react";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { RelativeTime } from "@/components/time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Skeleton } from "@/components/ui/skeleton";

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly access: "read" | "read_write";
  readonly hint: string;
  readonly createdBy: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

export interface KeyListProps {
  readonly keys: readonly KeyRow[];
  /** Revokes; rejects with the API's error. */
  readonly revoke: (key: KeyRow) => Promise<void>;
}

/** Keys with what tells them apart: name, last four characters, when each was used. */
export function KeyList({ keys, revoke }: KeyListProps) {
  return (
    <ul aria-label="API keys" className="divide-y rounded-lg border bg-card shadow-raised">
      {keys.map((key) => (
        <li key={key.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
          <KeyRound aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
          <div className="min-w-0 flex-1 basis-56">
            <p className="flex min-w-0 items-center gap-2">
              <span className={cn("truncate font-medium", key.revokedAt !== null && "text-muted-foreground line-through")}>{key.name}</span>
              <Badge>{key.access === "read" ? "Read" : "Read and write"}</Badge>
            </p>
            <p className="text-muted-foreground text-xs">
              <code>bih_…{key.hint}</code> · made <RelativeTime at={key.createdAt} />
              {key.createdBy === null ? null : ` by ${key.createdBy}`} · <KeyState state={key} />
            </p>
          </div>
          {key.revokedAt === null ? (
            <ConfirmDialog
              trigger={
                <Button variant="ghost" size="sm" aria-label={`Revoke ${key.name}`}>
                  <X /> Revoke
                </Button>
              }
              title={`Revoke ${key.name}?`}
              action="Revoke"
              working="Revoking"
              run={() => revoke(key)}
            >
              What uses this key is refused from its next call on. It cannot be taken back; a new key can be made.
            </ConfirmDialog>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function KeyState({ state: { lastUsedAt, revokedAt } }: { readonly state: KeyRow }) {
  if (revokedAt !== null) {
    return (
      <>
        revoked <RelativeTime at={revokedAt} />
      </>
    );
  }
  if (lastUsedAt === null) return <>never used</>;
  return (
    <>
      used <RelativeTime at={lastUsedAt} />
    </>
  );
}

export function KeysSkeleton() {
  return (
    <div role="status" aria-label="Loading the API keys" className="divide-y rounded-lg border bg-card">
      {["a", "b"].map((key) => (
        <div key={key} className="flex items-center gap-3 px-4 py-3">
          <Skeleton className="size-4" />
          <div className="flex-1">
            <Skeleton className="h-5 w-40" />
            <Skeleton className="mt-1 h-3.5 w-64 max-w-full" />
          </div>
          <Skeleton className="h-8 w-20" />
        </div>
      ))}
    </div>
  );
}
