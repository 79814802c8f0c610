"use client";

import { ChevronsUpDown } from "lucide-react";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import { MenuButton } from "@/components/ui/menu-button";

export interface ShellAccount {
  readonly name: string | null;
  readonly email: string;
}

export interface AccountMenuProps {
  readonly account: ShellAccount;
  readonly signOut: () => Promise<void>;
  /** `wide`: the name shows from the large breakpoint on, the mark alone below it. */
  readonly labels: "never" | "wide";
}

export function AccountMenu({ account, signOut, labels }: AccountMenuProps) {
  const name = account.name ?? account.email;
  return (
    <MenuButton
      className={cn(
        "flex h-10 max-w-full items-center gap-2.5 rounded-md px-1.5 text-start hover:bg-sidebar-accent data-[state=open]:bg-sidebar-accent",
        "w-10 justify-center",
        labels === "wide" && "lg:w-full lg:justify-start",
      )}
      load={async () => (await import("./account-menu-items")).AccountMenuItems}
      menuProps={{ email: account.email, signOut }}
    >
      <span className="sr-only">Account of </span>
      <Avatar name={name} />
      <span className={cn("sr-only", labels === "wide" && "min-w-0 flex-1 lg:not-sr-only")}>
        <span className="block truncate font-medium text-foreground text-sm">{name}</span>
        {account.name === null ? null : <span className="block truncate text-muted-foreground text-xs">{account.email}</span>}
      </span>
      {labels === "never" ? null : (
        <ChevronsUpDown aria-hidden="true" className="hidden size-3.5 shrink-0 text-muted-foreground lg:block" />
      )}
    </MenuButton>
  );
}
