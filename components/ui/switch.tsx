import type { ComponentProps } from "react";
import { cn } from "./cn";

/** The platform's checkbox as a switch: no script, and its state is in the thumb's place, not in the colour alone. */
function Switch({ className, checked = false, ...props }: Omit<ComponentProps<"input">, "type" | "role">) {
  return (
    <input
      data-slot="switch"
      type="checkbox"
      role="switch"
      aria-checked={checked}
      checked={checked}
      className={cn(
        "relative h-5 w-9 shrink-0 cursor-pointer appearance-none rounded-full border border-input bg-muted transition-colors before:absolute before:start-0.5 before:top-0.5 before:size-3.5 before:rounded-full before:bg-input before:transition-transform checked:border-primary checked:bg-primary checked:before:translate-x-4 checked:before:bg-primary-foreground disabled:cursor-default disabled:opacity-55 rtl:checked:before:-translate-x-4",
        className,
      )}
      {...props}
    />
  );
}

export { Switch };
