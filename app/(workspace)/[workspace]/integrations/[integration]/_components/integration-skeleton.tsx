import { Skeleton } from "@/components/ui/skeleton";

export function IntegrationSkeleton() {
  return (
    <div role="status" aria-label="Loading the integration" className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid gap-3 rounded-lg border bg-card p-5">
        <Skeleton className="h-6 w-40" />
        <Skeleton className="h-5 w-full" />
        {["a", "b", "c", "d", "e"].map((key) => (
          <Skeleton key={key} className="h-6 w-3/4" />
        ))}
      </div>
      <div className="grid gap-3 rounded-lg border bg-card p-5">
        {["a", "b", "c", "d", "e", "f"].map((key) => (
          <Skeleton key={key} className="h-6 w-full" />
        ))}
      </div>
    </div>
  );
}
