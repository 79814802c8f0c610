import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { describeIntegration, type RunningVendor } from "../conformance";
import type { Integration } from "../contract";
import { createLinearReading } from "./errors";
import { linear } from "./index";
import { examples, graphql, now } from "./testing";

/** Linear read at the time of its recorded answers. */
const recorded: Integration = { ...linear, reading: createLinearReading(() => now) };

async function start(): Promise<RunningVendor> {
  const sandbox = await startTestSandbox();
  return {
    settings: {
      clientId: testClient.clientId,
      clientSecret: testClient.clientSecret ?? "",
      origins: { app: sandbox.origin, api: sandbox.origin },
      redirectUri: testClient.redirectUris[0] ?? "",
    },
    authorize: (scopes) => sandbox.connect(scopes.join(",")),
    close: sandbox.close,
  };
}

describeIntegration(recorded, { start, examples, exampleRequest: graphql });
