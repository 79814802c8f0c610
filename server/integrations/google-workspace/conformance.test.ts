import { describeIntegration } from "../conformance";
import { driveCall, examples, recorded, startVendor } from "./testing";

describeIntegration(recorded, { start: () => startVendor(), examples, exampleRequest: driveCall });
