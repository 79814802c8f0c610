import { LoaderCircle } from "lucide-react";
import { cn } from "./cn";

/** Turning, and still under reduced motion; the words beside it carry the meaning. */
function Spinner({ className }: { readonly className?: string }) {
  return <LoaderCircle data-slot="spinner" aria-hidden="true" className={cn("size-4 animate-spin", className)} />;
}

export { Spinner };
