import type { ComponentProps } from "react";
import { cn } from "./cn";

function Kbd({ className, ...props }: ComponentProps<"kbd">) {
  return (
    <kbd
      data-slot="kbd"
      className={cn(
        "inline-flex h-5 min-w-5 items-center justify-center rounded-sm border bg-muted px-1 font-medium font-sans text-2xs text-muted-foreground",
        className,
      )}
      {...props}
    />
  );
}

export { Kbd };
