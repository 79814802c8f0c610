import { describeIntegration, type RunningVendor } from "../conformance";
import { slack } from "./index";
import { call, examples, startSlackSandbox } from "./testing";

async function start(): Promise<RunningVendor> {
  const sandbox = await startSlackSandbox();
  return { settings: sandbox.settingsFor(slack.manifest), authorize: (scopes) => sandbox.connect(scopes), close: sandbox.close };
}

describeIntegration(slack, { start, examples, exampleRequest: call });
