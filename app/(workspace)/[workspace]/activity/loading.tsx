import { CallTableSkeleton } from "@/components/calls/call-table-skeleton";
import { PageFrame } from "@/components/page-frame";

export default function Loading() {
  return (
    <PageFrame title="Activity" lead="Every call to a tool, each attempt of it, newest first. Bodies and secrets are not kept.">
      <CallTableSkeleton rows={12} />
    </PageFrame>
  );
}
