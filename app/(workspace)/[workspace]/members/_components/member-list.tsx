"use client";

import { UserMinus } from "lucide-react";
import { useId } from "react";
import { RelativeTime } from "@/components/time";
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
  AlertDialogTrigger,
} from "@/components/ui/alert-dialog";
import { Avatar } from "@/components/ui/avatar";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/native-select";
import { findRole, type RoleName, roleChoices } from "./roles";

export interface MemberRow {
  readonly id: string;
  readonly name: string | null;
  readonly email: string;
  readonly role: RoleName;
  readonly joinedAt: string;
  /** Whether this is the person who looks. */
  readonly me: boolean;
}

export interface MemberListProps {
  readonly members: readonly MemberRow[];
  readonly myRole: RoleName;
  readonly mayManage: boolean;
  readonly busy: boolean;
  readonly onSetRole: (member: MemberRow, role: RoleName) => void;
  readonly onRemove: (member: MemberRow) => void;
}

export function MemberList({ members, myRole, mayManage, busy, onSetRole, onRemove }: MemberListProps) {
  const owners = members.filter((member) => member.role === "owner").length;
  return (
    <ul className="divide-y rounded-lg border bg-card shadow-raised">
      {members.map((member) => {
        const lastOwner = member.role === "owner" && owners === 1;
        const editable = mayManage && !lastOwner && (member.role !== "owner" || myRole === "owner");
        return (
          <li key={member.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
            <Avatar name={member.name ?? member.email} className="size-8" />
            <div className="min-w-0 flex-1 basis-48">
              <p className="flex min-w-0 items-center gap-2">
                <span className="truncate font-medium">{member.name ?? member.email}</span>
                {member.me ? <Badge>You</Badge> : null}
              </p>
              <p className="truncate text-muted-foreground text-xs">
                {member.name === null ? null : `${member.email} · `}joined <RelativeTime at={member.joinedAt} />
              </p>
            </div>
            <div className="flex min-h-8 items-center gap-1">
              {editable ? (
                <RoleSelect member={member} myRole={myRole} disabled={busy} onSetRole={onSetRole} />
              ) : (
                <span className="text-muted-foreground" title={lastOwner && mayManage ? "A workspace keeps at least one owner" : undefined}>
                  {roleChoices.find(({ role }) => role === member.role)?.label}
                </span>
              )}
              {editable || (member.me && !lastOwner) ? (
                <RemoveButton member={member} disabled={busy} onRemove={() => onRemove(member)} />
              ) : null}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function RoleSelect({
  member,
  myRole,
  disabled,
  onSetRole,
}: Pick<MemberListProps, "myRole" | "onSetRole"> & { readonly member: MemberRow; readonly disabled: boolean }) {
  const id = useId();
  return (
    <span className="w-32">
      <label htmlFor={id} className="sr-only">
        Role of {member.name ?? member.email}
      </label>
      <NativeSelect
        id={id}
        value={member.role}
        disabled={disabled}
        onChange={(event) => {
          const role = findRole(event.target.value);
          if (role !== null) onSetRole(member, role);
        }}
      >
        {roleChoices
          .filter(({ role }) => role !== "owner" || myRole === "owner")
          .map(({ role, label }) => (
            <option key={role} value={role}>
              {label}
            </option>
          ))}
      </NativeSelect>
    </span>
  );
}

function RemoveButton({
  member,
  disabled,
  onRemove,
}: {
  readonly member: MemberRow;
  readonly disabled: boolean;
  readonly onRemove: () => void;
}) {
  const name = member.name ?? member.email;
  const self = member.me;
  const verb = self ? "Leave" : "Remove";
  return (
    <AlertDialog>
      <AlertDialogTrigger asChild>
        <Button variant="ghost" size="icon" disabled={disabled} aria-label={self ? "Leave this workspace" : `Remove ${name}`}>
          <UserMinus />
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent>
        <AlertDialogHeader>
          <AlertDialogTitle>{self ? "Leave this workspace?" : `Remove ${name}?`}</AlertDialogTitle>
          <AlertDialogDescription>
            {self ? "You lose" : "They lose"} access at once. Shared connections and files stay. A new invitation brings{" "}
            {self ? "you" : "them"} back.
          </AlertDialogDescription>
        </AlertDialogHeader>
        <AlertDialogFooter>
          <AlertDialogCancel asChild>
            <Button variant="ghost">Cancel</Button>
          </AlertDialogCancel>
          <AlertDialogCancel asChild>
            <Button variant="danger" onClick={onRemove}>
              <UserMinus /> {verb}
            </Button>
          </AlertDialogCancel>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}
