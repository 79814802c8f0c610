"use client";

import { RotateCw } from "lucide-react";
import { MessagePage } from "@/components/message-page";
import { Button } from "@/components/ui/button";

interface RootErrorProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** What is shown when a whole page could not be made. */
export default function RootError({ error, reset }: RootErrorProps) {
  return (
    <MessagePage
      title="This page could not be shown"
      action={
        <Button onClick={reset}>
          <RotateCw /> Try again
        </Button>
      }
    >
      <p>Something failed inside the hub. Nothing was changed.</p>
      {error.digest === undefined ? null : (
        <p className="mt-2 text-xs">
          Reference <code className="font-mono">{error.digest}</code>
        </p>
      )}
    </MessagePage>
  );
}
