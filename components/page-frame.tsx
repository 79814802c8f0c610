import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

export interface PageFrameProps {
  /** The way to the page above, before the title. */
  readonly back?: ReactNode;
  readonly title: ReactNode;
  /** One line under the title: what this page is for. */
  readonly lead?: ReactNode;
  /** Buttons at the end of the title's row. */
  readonly actions?: ReactNode;
  /** The widest the content grows; tables take `wide`. */
  readonly width?: "reading" | "wide";
  readonly children: ReactNode;
}

const widths = { reading: "max-w-3xl", wide: undefined };

/** A page inside the shell: it scrolls here, below the shell's own bars, so that the shell stays put. */
export function PageFrame({ back, title, lead, actions, width = "wide", children }: PageFrameProps) {
  return (
    <div data-slot="page-frame" className="h-full overflow-y-auto">
      <div className="mx-auto max-w-6xl px-4 pt-6 pb-16 sm:px-8 sm:pt-8">
        {back}
        <header className={cn("mb-6 flex flex-wrap items-start gap-x-6 gap-y-3", widths[width])}>
          <div className="min-w-0 flex-1 basis-64">
            <h1 className="break-words font-semibold text-xl">{title}</h1>
            {lead === undefined ? null : <div className="mt-1 max-w-prose text-muted-foreground">{lead}</div>}
          </div>
          {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
        <div className={widths[width]}>{children}</div>
      </div>
    </div>
  );
}
