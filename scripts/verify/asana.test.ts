import { expect, it } from "vitest";
import { findIntegration } from "@/server/integrations/registry";
import { openSandboxAccount } from "./sandbox-account";
import { findWriteChecks, hasFailed, printVerified, verifyAccount } from "./verify";

/** Asana's walk and write checks, the sandbox as the live side. */

it("walks Asana, writes into a task of its own, and finds nothing that differs", async () => {
  const integration = findIntegration("asana");
  if (integration === null) throw new Error("Asana is not built.");
  const account = await openSandboxAccount(integration);
  try {
    const verified = await verifyAccount({
      integration,
      settings: account.settings,
      credentials: { accessToken: account.accessToken },
      checks: await findWriteChecks("asana"),
    });
    expect([hasFailed(verified), verified.differences, verified.walked.refusals]).toEqual([false, [], []]);
    expect(printVerified(verified)).not.toMatch(/Ann|Acme|acme/);
  } finally {
    await account.close();
  }
});
