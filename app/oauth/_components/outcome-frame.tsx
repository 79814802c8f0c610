import type { ReactNode } from "react";
import { Brand } from "@/components/brand";

/** The frame of the pages at the end of a consent: small enough for the popup. */
export function OutcomeFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 py-8">
      <Brand />
      <div className="my-auto w-full max-w-md py-8">
        <div className="grid gap-3 rounded-xl border bg-card p-6 text-base shadow-raised sm:p-7">
          <h1 className="font-semibold text-xl">{title}</h1>
          {children}
        </div>
      </div>
    </main>
  );
}
