"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";

/** The consent that the page's address offers: `?connection=con_…&enable=write:comments`. Nothing is started by opening it. */
export interface AskedConsent {
  /** `con_…` */
  readonly connection: string;
  /** Capabilities to switch on; none: the connection is to be signed in again. */
  readonly enable: readonly string[];
}

/** What the address asks for, null when it asks nothing; and how to take it out of the address again. */
export function useAskedConsent(): { readonly asked: AskedConsent | null; readonly clear: () => void } {
  const query = useSearchParams();
  const pathname = usePathname();
  const router = useRouter();
  const asked = useMemo(() => {
    const connection = query.get("connection");
    return connection === null ? null : { connection, enable: query.getAll("enable") };
  }, [query]);
  return { asked, clear: useCallback(() => router.replace(pathname, { scroll: false }), [router, pathname]) };
}
