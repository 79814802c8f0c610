import type { ReactNode } from "react";
import { Brand } from "./brand";

export interface MessagePageProps {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

/** A page that only says something: not found, failed. */
export function MessagePage({ title, action, children }: MessagePageProps) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-8">
      <Brand />
      <div className="my-auto max-w-sm py-10 text-center">
        <h1 className="font-semibold text-xl">{title}</h1>
        <div className="mt-2 text-base text-muted-foreground">{children}</div>
        {action === undefined ? null : <div className="mt-6 flex flex-wrap justify-center gap-2">{action}</div>}
      </div>
    </main>
  );
}
