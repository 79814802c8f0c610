"use client";

import { Menu } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { useOnce } from "@/components/use-once";
import type { AccessStop } from "@/server/workspaces/access";
import { AccountMenu, type ShellAccount } from "./account-menu";
import { ShellNav } from "./shell-nav";
import { StopBanner } from "./stop-banner";
import { type ShellWorkspace, WorkspaceSwitcher } from "./workspace-switcher";

const ShellSheet = dynamic(() => import("./shell-sheet").then((module) => module.ShellSheet), { ssr: false });

export interface ShellProps {
  readonly workspace: ShellWorkspace;
  readonly workspaces: readonly ShellWorkspace[];
  readonly account: ShellAccount;
  readonly signOut: () => Promise<void>;
  /** The stop that access to tools is under. */
  readonly stop: AccessStop | null;
  readonly children: ReactNode;
}

/**
 * The frame of a workspace: a sidebar (a rail of icons at medium width, a sheet on a phone) and a main area that fills the height and never
 * scrolls itself, so that a view of panes can fill it. A page that is longer scrolls inside `PageFrame`.
 */
export function Shell({ workspace, workspaces, account, signOut, stop, children }: ShellProps) {
  const [menuOpen, setMenuOpen] = useState(false);
  const menuSeen = useOnce(menuOpen);

  return (
    <div className="grid h-dvh grid-rows-[auto_minmax(0,1fr)] md:grid-cols-[3.5rem_minmax(0,1fr)] md:grid-rows-1 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only z-60 rounded-md bg-popover px-3 py-2 font-medium shadow-floating focus-visible:not-sr-only focus-visible:fixed focus-visible:start-3 focus-visible:top-3"
      >
        Skip to content
      </a>

      <header className="flex h-12 items-center gap-1 border-b bg-sidebar px-2 text-sidebar-foreground md:hidden">
        <Button
          variant="ghost"
          size="icon"
          aria-label="Open menu"
          aria-haspopup="dialog"
          aria-expanded={menuOpen}
          onClick={() => setMenuOpen(true)}
        >
          <Menu />
        </Button>
        {menuSeen ? <ShellSheet workspace={workspace} open={menuOpen} onOpenChange={setMenuOpen} /> : null}
        <div className="min-w-0 flex-1">
          <WorkspaceSwitcher current={workspace} workspaces={workspaces} labels="always" />
        </div>
        <AccountMenu account={account} signOut={signOut} labels="never" />
      </header>

      <aside aria-label="Workspace" className="hidden min-h-0 flex-col border-e bg-sidebar text-sidebar-foreground md:flex">
        <div className="border-b p-2 lg:border-b-0">
          <WorkspaceSwitcher current={workspace} workspaces={workspaces} labels="wide" />
        </div>
        <ShellNav slug={workspace.slug} labels="wide" />
        <div className="mt-auto border-t p-2">
          <AccountMenu account={account} signOut={signOut} labels="wide" />
        </div>
      </aside>

      <main id="content" tabIndex={-1} className="flex min-h-0 min-w-0 flex-col bg-canvas outline-none">
        <StopBanner stop={stop} />
        <div className="min-h-0 flex-1">{children}</div>
      </main>
    </div>
  );
}
