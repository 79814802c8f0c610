import type { ReactNode } from "react";
import { Brand } from "@/components/brand";

export interface AuthFrameProps {
  readonly title: string;
  /** The sentence under the title. */
  readonly lead?: ReactNode;
  /** Below the card: another way, what the demo does differently. */
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  readonly children?: ReactNode;
}

/** The frame of the pages outside the workspace: the product's name, one card, one thing to do. */
export function AuthFrame({ title, lead, footer, wide = false, children }: AuthFrameProps) {
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-8">
      <header>
        <Brand />
      </header>
      <main className={`my-auto w-full py-10 ${wide ? "max-w-xl" : "max-w-sm"}`}>
        <div className="rounded-xl border bg-card p-6 shadow-raised sm:p-7">
          <h1 className="font-semibold text-xl">{title}</h1>
          {lead === undefined ? null : <div className="mt-1.5 text-base text-muted-foreground">{lead}</div>}
          {children === undefined ? null : <div className="mt-5 grid gap-4">{children}</div>}
        </div>
        {footer === undefined ? null : <div className="mt-4 px-2 text-center text-muted-foreground">{footer}</div>}
      </main>
    </div>
  );
}
