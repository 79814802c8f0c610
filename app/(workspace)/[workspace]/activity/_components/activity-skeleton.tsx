import { Skeleton } from "@/components/ui/skeleton";

const rows = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

export function ActivitySkeleton() {
  return (
    <div role="status" aria-label="Loading the calls" className="overflow-hidden rounded-lg border bg-card">
      <div className="h-9 border-b bg-muted/60" />
      {rows.map((row) => (
        <div key={row} className="flex h-10 items-center gap-3 border-b px-3 last:border-b-0">
          <Skeleton className="size-5" />
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ms-auto h-4 w-20" />
        </div>
      ))}
    </div>
  );
}
