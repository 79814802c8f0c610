"use client";

import { LogOut, MonitorX } from "lucide-react";
import { useTransition } from "react";
import { readFailure } from "@/components/failure";
import { ThemeMenuItems } from "@/components/theme/theme-menu-items";
import { useTRPCClient } from "@/components/trpc/provider";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import type { LoadedMenuProps } from "@/components/ui/menu-button";
import { toast } from "@/components/ui/toaster";

export interface AccountMenuItemsProps extends LoadedMenuProps {
  readonly email: string;
  readonly signOut: () => Promise<void>;
}

/** Who is signed in, the theme, and the ways out. */
export function AccountMenuItems({ trigger, email, signOut }: AccountMenuItemsProps) {
  const [pending, start] = useTransition();
  const api = useTRPCClient();
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
    <DropdownMenu defaultOpen>
      <DropdownMenuTrigger asChild>{trigger}</DropdownMenuTrigger>
      <DropdownMenuContent align="end" side="top" className="w-60">
        <div className="px-2 py-1.5">
          <p className="text-muted-foreground text-xs">Signed in as</p>
          <p className="truncate font-medium">{email}</p>
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
