import type { ComponentProps } from "react";
import { cn } from "./cn";

/** The platform's checkbox in the accent colour: no script, no style attribute, right in forced colours. */
function Checkbox({ className, ...props }: Omit<ComponentProps<"input">, "type">) {
  return <input data-slot="checkbox" type="checkbox" className={cn("size-4 shrink-0 accent-primary", className)} {...props} />;
}

function Radio({ className, ...props }: Omit<ComponentProps<"input">, "type">) {
  return <input data-slot="radio" type="radio" className={cn("size-4 shrink-0 accent-primary", className)} {...props} />;
}

export { Checkbox, Radio };
