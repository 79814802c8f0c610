"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Decision } from "@/components/connect/connect-flow";
import { QuestionChoices, QuestionProblem, QuestionWords } from "@/components/connect/question";
import { readFailure } from "@/components/failure";
import { useTRPC, useTRPCClient } from "@/components/trpc/provider";
import { Card, CardContent, CardFooter } from "@/components/ui/card";
import { toast } from "@/components/ui/toaster";
import { useWorkspace } from "@/components/workspace-context";

export interface FlowQuestionsProps {
  readonly integration: string;
  /** Called once a question is answered: connections may have come to be. */
  readonly onAnswered: () => void;
}

/**
 * What this person's consents ask: another account came back than the expected one, and the page in which they started is gone, was loaded
 * again, or went to the tool as a whole.
 */
export function FlowQuestions({ integration, onAnswered }: FlowQuestionsProps) {
  const { slug, can } = useWorkspace();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const router = useRouter();
  const questions = useQuery({ ...trpc.connections.questions.queryOptions({ workspace: slug }), enabled: can("connections.manage") });
  const [deciding, setDeciding] = useState<{ readonly flow: string; readonly decision: Decision } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const decide = async (flow: string, decision: Decision, then?: () => void) => {
    setDeciding({ flow, decision });
    setProblem(null);
    try {
      const answered = await client.connections.answerFlow.mutate({ workspace: slug, flow, answer: decision });
      if (answered.status === "connected") toast.success(`${answered.name} is connected`, answered.connection?.accountName);
      else if (then === undefined) toast.success(answered.title ?? "Given back", answered.reason ?? undefined);
      then?.();
    } catch (error) {
      setProblem(readFailure(error).message);
    } finally {
      setDeciding(null);
      void questions.refetch();
      onAnswered();
    }
  };

  const asked = (questions.data ?? []).filter((flow) => flow.integration === integration);
  if (asked.length === 0 && problem === null) return null;
  return (
    <section aria-label="A question about connecting" className="mb-6 grid gap-4">
      <QuestionProblem problem={problem} />
      {asked.map((flow) => {
        const retryUrl = flow.question?.retryUrl ?? null;
        return (
          <Card key={flow.id}>
            <CardContent className="py-4">
              <QuestionWords title={flow.title ?? ""} reason={flow.reason ?? ""} next={flow.next ?? ""} />
            </CardContent>
            <CardFooter className="justify-end">
              <QuestionChoices
                deciding={deciding?.flow === flow.id ? deciding.decision : null}
                onDecide={(decision) => void decide(flow.id, decision)}
                onRetry={retryUrl === null ? null : () => void decide(flow.id, "give_back", () => router.replace(retryUrl))}
              />
            </CardFooter>
          </Card>
        );
      })}
    </section>
  );
}
