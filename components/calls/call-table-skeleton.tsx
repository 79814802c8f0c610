import { Skeleton } from "@/components/ui/skeleton";

/** The call table's shape while it loads. */
export function CallTableSkeleton({ rows }: { readonly rows: number }) {
  return (
    <div role="status" aria-label="Loading the calls" className="overflow-hidden rounded-lg border bg-card shadow-raised">
      <div className="h-9 border-b bg-muted/60" />
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="flex h-10 items-center gap-2.5 border-b px-3 last:border-b-0">
          <Skeleton className="size-5" />
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ms-auto h-4 w-20" />
        </div>
      ))}
    </div>
  );
}
