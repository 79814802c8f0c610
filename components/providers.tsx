"use client";

import { setNonce } from "get-nonce";
import { ThemeProvider } from "next-themes";
import { type ReactNode, useState } from "react";
import { Toaster } from "./ui/toaster";

export interface ProvidersProps {
  /** The document's CSP nonce. */
  readonly nonce: string | undefined;
  readonly children: ReactNode;
}

/** What every page needs in the browser: theme, messages. */
export function Providers({ nonce, children }: ProvidersProps) {
  // The nonce of the first render is the document's; a later refresh of the layout brings another request's, which the document refuses.
  const [documentNonce] = useState(nonce);
  // Radix's dialogs lock scrolling by a style element, which get-nonce marks as ours.
  if (documentNonce !== undefined) setNonce(documentNonce);
  return (
    <ThemeProvider
      attribute="class"
      defaultTheme="system"
      enableSystem
      disableTransitionOnChange
      {...(documentNonce === undefined ? {} : { nonce: documentNonce })}
    >
      {children}
      <Toaster />
    </ThemeProvider>
  );
}
