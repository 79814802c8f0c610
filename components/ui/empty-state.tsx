import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  /** The one thing to do next. */
  readonly action?: ReactNode;
  readonly className?: string;
}

/** First use, nothing here, nothing found, not allowed: what this is, and one thing to do. */
function EmptyState({ icon: Icon, title, children, action, className }: EmptyStateProps) {
  return (
    <div data-slot="empty-state" className={cn("mx-auto flex max-w-md flex-col items-center px-6 py-14 text-center", className)}>
      <span
        aria-hidden="true"
        className="mb-4 flex size-11 items-center justify-center rounded-xl border bg-card text-muted-foreground shadow-raised"
      >
        <Icon className="size-5" strokeWidth={1.75} />
      </span>
      <h2 className="font-semibold text-base">{title}</h2>
      {children === undefined ? null : <div className="mt-1 text-muted-foreground text-sm">{children}</div>}
      {action === undefined ? null : <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

export { EmptyState };
