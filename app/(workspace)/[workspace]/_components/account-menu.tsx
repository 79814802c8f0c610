"use client";

import { ChevronsUpDown, LogOut, MonitorX } from "lucide-react";
import { useTransition } from "react";
import { readFailure } from "@/components/failure";
import { ThemeMenuItems } from "@/components/theme/theme-menu-items";
import { useTRPCClient } from "@/components/trpc/provider";
import { Avatar } from "@/components/ui/avatar";
import { cn } from "@/components/ui/cn";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toaster";

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
  const [pending, start] = useTransition();
  const api = useTRPCClient();
  const name = account.name ?? account.email;
  const signOutEverywhere = async () => {
    try {
      await api.account.signOutEverywhere.mutate();
    } catch (error) {
      toast.error("Not signed out everywhere", readFailure(error).message);
      return;
    }
    await signOut();
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger
        className={cn(
          "flex h-10 max-w-full items-center gap-2.5 rounded-md px-1.5 text-start hover:bg-sidebar-accent data-[state=open]:bg-sidebar-accent",
          "w-10 justify-center",
          labels === "wide" && "lg:w-full lg:justify-start",
        )}
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
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end" side="top" className="w-60">
        <div className="px-2 py-1.5">
          <p className="text-muted-foreground text-xs">Signed in as</p>
          <p className="truncate font-medium">{account.email}</p>
        </div>
        <DropdownMenuSeparator />
        <ThemeMenuItems />
        <DropdownMenuSeparator />
        <DropdownMenuItem disabled={pending} onSelect={() => start(signOut)}>
          <LogOut /> Sign out
        </DropdownMenuItem>
        <DropdownMenuItem disabled={pending} onSelect={() => start(signOutEverywhere)}>
          <MonitorX /> Sign out everywhere
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
