import { startTestMicrosoft365 } from "@/sandbox/microsoft-365/testing";
import { describeIntegration, type RunningVendor } from "../conformance";
import type { Integration } from "../contract";
import { createMicrosoft365Reading } from "./errors";
import { microsoft365 } from "./index";
import { examples, graphCall, now } from "./testing";

/** Microsoft 365 read at the time of its recorded answers. */
const recorded: Integration = { ...microsoft365, reading: createMicrosoft365Reading(() => now) };

async function start(): Promise<RunningVendor> {
  const sandbox = await startTestMicrosoft365();
  return {
    settings: sandbox.settingsFor(microsoft365.manifest),
    authorize: (scopes) => sandbox.connect(scopes),
    close: sandbox.close,
  };
}

describeIntegration(recorded, { start, examples, exampleRequest: graphCall });
