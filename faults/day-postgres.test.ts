import { describeDay } from "./day.suite";
import { onPostgres } from "./harness";

describeDay(onPostgres);
