import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** The hub's own address, as the browser has it; empty while the server draws. */
export const useOrigin = (): string =>
  useSyncExternalStore(
    never,
    () => window.location.origin,
    () => "",
  );
