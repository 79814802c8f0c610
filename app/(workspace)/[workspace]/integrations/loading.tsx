import { PageFrame } from "@/components/page-frame";
import { integrationsLead } from "./_components/integrations-lead";
import { IntegrationsSkeleton } from "./_components/integrations-view";

export default function Loading() {
  return (
    <PageFrame title="Integrations" lead={integrationsLead}>
      <IntegrationsSkeleton />
    </PageFrame>
  );
}
