import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { getCaller } from "@/app/_api/prefetch";
import { Button } from "@/components/ui/button";
import { getHub } from "@/server/compose/hub";
import type { FlowView } from "@/server/connections/flow-contract";
import { describeStray, type StrayProblem, strayProblems } from "@/server/connections/flow-words";
import { OutcomeFrame } from "../_components/outcome-frame";
import { Announce } from "./_components/announce";

export const metadata: Metadata = { title: "Connecting" };

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** The flow, if it is one of the person who asks. What the page says of it comes from its row alone. */
async function findFlow(query: Query): Promise<FlowView | null> {
  const { flow, workspace } = query;
  if (typeof flow !== "string" || typeof workspace !== "string") return null;
  const caller = await getCaller();
  return caller.connections.flow({ workspace, flow }).catch(() => null);
}

/** The end of a consent, in the popup or in the whole page. */
export default async function DonePage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const query = await searchParams;
  const flow = await findFlow(query);
  if (flow === null) return <Stray problem={strayProblems.find((known) => known === query.problem) ?? "unknown"} />;
  const connected = flow.status === "connected";
  if (connected && !flow.popup) redirect(flow.returnPath);
  // Decided on the integration's page, where it waits however this window ends.
  const decide = `/${String(query.workspace)}/integrations/${flow.integration}`;
  const asking = flow.status === "asking";
  if (asking && !flow.popup) redirect(decide);
  const working = flow.status === "pending" || flow.status === "exchanging";
  return (
    <OutcomeFrame title={connected ? `${flow.name} is connected` : working ? `Connecting ${flow.name}` : (flow.title ?? flow.name)}>
      {flow.popup ? <Announce flow={flow.id} close={connected} /> : null}
      {connected ? (
        <p>
          {flow.connection === null ? "" : `As ${flow.connection.accountName}. `}
          You can close this window.
        </p>
      ) : working ? (
        <p>The answer is still being worked on. The page you came from shows when it is done.</p>
      ) : (
        <>
          <p role="alert">{flow.reason}</p>
          <p className="text-muted-foreground">
            {asking ? "The page you came from asks what to do with it. You can close this window." : flow.next}
          </p>
        </>
      )}
      <p>
        <Button asChild variant="outline">
          <a href={asking ? decide : flow.returnPath}>{asking ? "Decide here" : "Back to the hub"}</a>
        </Button>
      </p>
    </OutcomeFrame>
  );
}

async function Stray({ problem }: { readonly problem: StrayProblem }) {
  const { connections } = await getHub();
  const words = describeStray(problem, connections.redirectUris);
  return (
    <OutcomeFrame title={words.title}>
      <p role="alert">{words.happened}</p>
      <p className="text-muted-foreground">{words.next}</p>
      <p>
        <Button asChild variant="outline">
          <a href={problem === "signed_out" ? "/sign-in" : "/"}>{problem === "signed_out" ? "Sign in" : "Back to the hub"}</a>
        </Button>
      </p>
    </OutcomeFrame>
  );
}
