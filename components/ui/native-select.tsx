import { ChevronsUpDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { inputClasses } from "./input";

/** The platform's own select: right on a phone, with a keyboard and with a screen reader, and no style that a strict CSP would refuse. */
function NativeSelect({ className, ...props }: ComponentProps<"select">) {
  return (
    <span data-slot="native-select" className="relative inline-flex w-full">
      <select className={cn(inputClasses, "appearance-none pe-8", className)} {...props} />
      <ChevronsUpDown
        aria-hidden="true"
        className="pointer-events-none absolute inset-y-0 end-2.5 my-auto size-3.5 text-muted-foreground"
      />
    </span>
  );
}

export { NativeSelect };
