"use client";

import { RotateCw, TriangleAlert } from "lucide-react";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";

interface PageErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** A page that could not be made; the shell around it goes on working. */
export default function PageError({ error, reset }: PageErrorProps) {
  return (
    <div role="alert" className="h-full overflow-y-auto">
      <EmptyState
        icon={TriangleAlert}
        title="This page could not be shown"
        action={
          <Button variant="outline" onClick={reset}>
            <RotateCw /> Try again
          </Button>
        }
      >
        <p>Something failed inside the hub. Nothing was changed.</p>
        {error.digest === undefined ? null : (
          <p className="mt-3 text-xs">
            Reference <code className="font-mono">{error.digest}</code>
          </p>
        )}
      </EmptyState>
    </div>
  );
}
