import type { ReactNode } from "react";
import { Card, CardContent } from "@/components/ui/card";

/** The frame of the pages at the end of a consent: small enough for the popup. */
export function OutcomeFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-md">
        <p className="mb-4 text-center text-muted-foreground text-sm">Byte Integration Hub</p>
        <Card>
          <CardContent className="grid gap-4">
            <h1 className="font-semibold text-lg">{title}</h1>
            {children}
          </CardContent>
        </Card>
      </div>
    </main>
  );
}
