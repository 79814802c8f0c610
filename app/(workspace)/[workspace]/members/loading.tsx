import { PageFrame } from "@/components/page-frame";
import { MembersSkeleton } from "./_components/members-page";

export default function Loading() {
  return (
    <PageFrame width="reading" title="Members" lead="Who works here, and what each may do.">
      <MembersSkeleton />
    </PageFrame>
  );
}
