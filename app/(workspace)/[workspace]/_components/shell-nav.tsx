"use client";

import { Activity, Blocks, Folder, KeyRound, type LucideIcon, Settings, Users } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/components/ui/cn";

const pages: readonly { readonly segment: string; readonly label: string; readonly icon: LucideIcon }[] = [
  { segment: "files", label: "Files", icon: Folder },
  { segment: "integrations", label: "Integrations", icon: Blocks },
  { segment: "activity", label: "Activity", icon: Activity },
  { segment: "members", label: "Members", icon: Users },
  { segment: "keys", label: "API keys", icon: KeyRound },
  { segment: "settings", label: "Settings", icon: Settings },
];

export interface ShellNavProps {
  readonly slug: string;
  /** `wide`: labels from the large breakpoint on, icons alone below it (named for assistive technology and on hover all the same). */
  readonly labels: "always" | "wide";
  readonly onNavigate?: () => void;
}

export function ShellNav({ slug, labels, onNavigate }: ShellNavProps) {
  const pathname = usePathname();
  return (
    <nav aria-label="Pages" className="min-h-0 flex-1 overflow-y-auto p-2">
      <ul className="grid gap-0.5">
        {pages.map(({ segment, label, icon: Icon }) => {
          const href = `/${slug}/${segment}`;
          const current = pathname === href || pathname.startsWith(`${href}/`);
          return (
            <li key={segment}>
              <Link
                href={href}
                title={labels === "wide" ? label : undefined}
                aria-current={current ? "page" : undefined}
                {...(onNavigate === undefined ? {} : { onClick: onNavigate })}
                className={cn(
                  "flex h-9 items-center gap-2.5 rounded-md px-2.5 font-medium text-sm transition-colors hover:bg-sidebar-accent hover:text-sidebar-accent-foreground lg:h-8 pointer-coarse:h-11",
                  labels === "wide" && "justify-center lg:justify-start",
                  current ? "bg-sidebar-accent text-sidebar-accent-foreground" : "text-sidebar-foreground",
                )}
              >
                <Icon aria-hidden="true" className={cn("size-4 shrink-0", current ? "text-link" : "text-muted-foreground")} />
                <span className={cn(labels === "wide" && "sr-only lg:not-sr-only")}>{label}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
