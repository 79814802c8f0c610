import type { ComponentProps } from "react";
import { cn } from "./cn";

const inputClasses =
  "h-8 w-full min-w-0 rounded-md border border-input bg-background px-2.5 text-sm shadow-raised transition-colors placeholder:text-muted-foreground focus-visible:border-ring focus-visible:outline-2 focus-visible:outline-ring/45 focus-visible:outline-offset-0 disabled:cursor-not-allowed disabled:opacity-55 aria-invalid:border-danger aria-invalid:focus-visible:outline-danger/40 pointer-coarse:h-10 pointer-coarse:text-base dark:bg-card";

function Input({ className, type = "text", ...props }: ComponentProps<"input">) {
  return <input data-slot="input" type={type} className={cn(inputClasses, className)} {...props} />;
}

function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea data-slot="textarea" className={cn(inputClasses, "field-sizing-content h-auto min-h-16 py-1.5", className)} {...props} />
  );
}

export { Input, inputClasses, Textarea };
