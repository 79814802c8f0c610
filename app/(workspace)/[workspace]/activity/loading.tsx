import { PageFrame } from "@/components/page-frame";
import { ActivitySkeleton } from "./_components/activity-skeleton";

export default function Loading() {
  return (
    <PageFrame title="Activity" lead="Every call to a tool, each attempt of it, newest first. Bodies and secrets are not kept.">
      <ActivitySkeleton />
    </PageFrame>
  );
}
