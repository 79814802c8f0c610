import { PageFrame } from "@/components/page-frame";
import { KeysSkeleton } from "./_components/key-list";

export default function Loading() {
  return (
    <PageFrame width="reading" title="API keys" lead="What apps and agents show to read and change this workspace's files.">
      <KeysSkeleton />
    </PageFrame>
  );
}
