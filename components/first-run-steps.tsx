import { Check } from "lucide-react";
import { cn } from "@/components/ui/cn";

const steps = ["Name the workspace", "Connect a tool", "Open its files"] as const;

/** Where in the first run a person is. */
export function Steps({ current }: { readonly current: 0 | 1 | 2 }) {
  return (
    <ol aria-label="Steps" className="flex flex-wrap gap-x-5 gap-y-2">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={index === current ? "step" : undefined}
          className={cn("inline-flex items-center gap-2 text-xs", index === current ? "font-medium" : "text-muted-foreground")}
        >
          <span
            aria-hidden="true"
            className={cn(
              "inline-flex size-5 items-center justify-center rounded-full border text-2xs tabular-nums",
              index === current && "border-transparent bg-primary text-primary-foreground",
              index < current && "border-success-border bg-success-surface text-success",
            )}
          >
            {index < current ? <Check className="size-3" /> : index + 1}
          </span>
          {step}
          {index < current ? <span className="sr-only">, done</span> : null}
        </li>
      ))}
    </ol>
  );
}
