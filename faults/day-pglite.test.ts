import { describeDay } from "./day.suite";
import { onPglite } from "./harness";

describeDay(onPglite);
