import { CallTableSkeleton } from "@/components/calls/call-table-skeleton";
import { PageFrame } from "@/components/page-frame";
import { Skeleton } from "@/components/ui/skeleton";

export default function Loading() {
  return (
    <PageFrame title="Activity" lead="Every call to a tool with its attempts, newest first. Bodies and secrets are not kept.">
      <Skeleton className="mb-4 h-28 lg:h-8" />
      <CallTableSkeleton rows={12} />
    </PageFrame>
  );
}
