import { startTestAsana } from "@/sandbox/asana/testing";
import { describeIntegration, type RunningVendor } from "../conformance";
import { asana } from "./index";
import { exampleRequest, examples } from "./testing";

async function start(): Promise<RunningVendor> {
  const sandbox = await startTestAsana();
  return {
    settings: sandbox.settingsFor(asana.manifest),
    authorize: (scopes) => sandbox.connect(scopes),
    close: sandbox.close,
  };
}

describeIntegration(asana, { start, examples, exampleRequest });
