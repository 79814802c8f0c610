"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { readFailure } from "@/components/failure";
import { useTRPCClient } from "@/components/trpc/provider";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";

export interface AcceptInvitationProps {
  readonly token: string;
  readonly workspaceName: string;
}

export function AcceptInvitation({ token, workspaceName }: AcceptInvitationProps) {
  const client = useTRPCClient();
  const router = useRouter();
  const [step, setStep] = useState<{ at: "form"; error: string | null } | { at: "working" }>({ at: "form", error: null });

  const accept = async () => {
    setStep({ at: "working" });
    try {
      const { slug } = await client.invitations.accept.mutate({ token });
      router.replace(`/${slug}/files`);
    } catch (error) {
      setStep({ at: "form", error: readFailure(error).message });
    }
  };

  return (
    <>
      {step.at === "form" && step.error !== null ? (
        <Alert variant="danger" role="alert">
          {step.error}
        </Alert>
      ) : null}
      <Button size="lg" onClick={() => void accept()} disabled={step.at === "working"}>
        {step.at === "working" ? "Joining" : `Join ${workspaceName}`}
      </Button>
    </>
  );
}
