"use client";

import { Link2, X } from "lucide-react";
import { RelativeTime } from "@/components/time";
import { Button } from "@/components/ui/button";
import { type RoleName, roleChoices } from "./roles";

export interface InvitationRow {
  readonly id: string;
  readonly role: RoleName;
  readonly invitedBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface InvitationListProps {
  readonly invitations: readonly InvitationRow[];
  readonly busy: boolean;
  readonly onRevoke: (invitation: InvitationRow) => void;
}

/** Links that nobody has used yet. */
export function InvitationList({ invitations, busy, onRevoke }: InvitationListProps) {
  return (
    <ul className="divide-y rounded-lg border bg-card shadow-raised">
      {invitations.map((invitation) => (
        <li key={invitation.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
          <Link2 aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
          <div className="min-w-0 flex-1 basis-48">
            <p className="font-medium">{roleChoices.find(({ role }) => role === invitation.role)?.label} link</p>
            <p className="truncate text-muted-foreground text-xs">
              made <RelativeTime at={invitation.createdAt} />
              {invitation.invitedBy === null ? null : ` by ${invitation.invitedBy}`}, ends <RelativeTime at={invitation.expiresAt} />
            </p>
          </div>
          <Button variant="ghost" size="sm" disabled={busy} onClick={() => onRevoke(invitation)}>
            <X /> Revoke
          </Button>
        </li>
      ))}
    </ul>
  );
}
