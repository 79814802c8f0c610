import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A block in the place of what is loading; give it the size of that, so that nothing moves. */
function Skeleton({ className, ...props }: ComponentProps<"div">) {
  return <div data-slot="skeleton" aria-hidden="true" className={cn("animate-pulse rounded-sm bg-foreground/8", className)} {...props} />;
}

export { Skeleton };
