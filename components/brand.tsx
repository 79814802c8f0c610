import { cn } from "@/components/ui/cn";

/** The product's mark and name. */
export function Brand({ className }: { readonly className?: string }) {
  return (
    <span className={cn("inline-flex items-center gap-2.5 font-semibold text-foreground", className)}>
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-6 shrink-0">
        <rect width="32" height="32" rx="8" className="fill-primary" />
        <path
          d="M8 11.5A1.5 1.5 0 0 1 9.5 10h4l2 2.5h7A1.5 1.5 0 0 1 24 14v7a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 8 21z"
          className="fill-none stroke-2 stroke-primary-foreground"
          strokeLinejoin="round"
        />
      </svg>
      Byte Integration Hub
    </span>
  );
}
