import { existsSync } from "node:fs";
import path from "node:path";
import type { Integration, IntegrationSettings } from "@/server/integrations/contract";
import type { WriteChecks } from "@/server/integrations/live-writes";
import { root } from "../processes";
import { type Account, type Credentials, openAccount } from "./account";
import { compareObserved, type Difference } from "./observed";
import { openSandboxAccount } from "./sandbox-account";
import { type Walked, walkAccount } from "./walk";
import { runWriteChecks, type Written } from "./write-bench";

/** A real account beside the sandbox's. */

export interface Verified {
  readonly walked: Walked;
  /** How many operations of the tool were asked. */
  readonly operations: number;
  /** What the sandbox refused and the real tool did not. */
  readonly refusedInSandbox: readonly string[];
  /** Null where no writes were asked for. */
  readonly written: Written | null;
  readonly differences: readonly Difference[];
  readonly renewedRefreshToken: string | null;
}

/** The tool's own checks, by the name that every tool's folder has them under; null where it has none. */
export async function findWriteChecks(id: string): Promise<WriteChecks | null> {
  const file = path.join(root, "server/integrations", id, "live-writes.ts");
  if (!existsSync(file)) return null;
  const { liveWrites }: { readonly liveWrites: WriteChecks } = await import(file);
  return liveWrites;
}

/** Walks both, and writes to both where checks are given. Throws HubError where the vendor refuses the credentials. */
export async function verifyAccount(options: {
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
  readonly credentials: Credentials;
  readonly checks: WriteChecks | null;
}): Promise<Verified> {
  const { integration, checks } = options;
  const live: Account = await openAccount(integration, options.settings, options.credentials);
  const walked = await walkAccount(live);
  const sandbox = await openSandboxAccount(integration);
  try {
    const ours = await walkAccount(sandbox.account);
    const written = checks === null ? null : await runWriteChecks(live, checks);
    if (checks !== null) await runWriteChecks(sandbox.account, checks);
    return {
      walked,
      operations: live.observer.operations.size,
      refusedInSandbox: ours.refusals.filter((refusal) => !walked.refusals.includes(refusal)),
      written,
      differences: compareObserved(live.observer.operations, sandbox.account.observer.operations),
      renewedRefreshToken: live.renewedRefreshToken,
    };
  } finally {
    await sandbox.close();
  }
}

/** What a person reads; nothing of what the account holds is in it. */
export function printVerified({ walked, operations, refusedInSandbox, written, differences }: Verified): string {
  const lines = [`${walked.listed} directories listed, ${walked.read} files read, ${operations} operations.`];
  for (const refusal of walked.refusals) lines.push(`refused: ${refusal}`);
  for (const refusal of refusedInSandbox) lines.push(`refused in the sandbox only: ${refusal}`);
  if (written !== null) {
    lines.push("", "Written, in a container of its own making:", ...written.done.map((line) => `  ${line}`));
    for (const line of written.left) lines.push(`  NOT TAKEN BACK: ${line}`);
    if (written.failure !== null)
      lines.push(`  FAILED: ${written.failure instanceof Error ? written.failure.message : String(written.failure)}`);
  }
  lines.push("", differences.length === 0 ? "Nothing differs from the sandbox." : "Different from the sandbox:");
  for (const { operation, lines: told } of differences) lines.push(`  ${operation}`, ...told.map((line) => `    ${line}`));
  return lines.join("\n");
}

/** Whether something failed; that something differs is no failure. */
export const hasFailed = ({ walked, written }: Verified): boolean =>
  walked.read === 0 || (written !== null && (written.failure !== null || written.left.length > 0));
