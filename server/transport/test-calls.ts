import { newId } from "@/server/ids";
import type { CallRecord } from "./call-log";

/** A record of a call to a tool, for tests; `workspaceId` is the one thing that it cannot make up. */
export function callRecord(over: Partial<CallRecord> & Pick<CallRecord, "workspaceId">): CallRecord {
  return {
    id: newId(),
    connectionId: null,
    integration: "plain",
    callId: newId(),
    attempt: 1,
    operation: "GET /thing",
    method: "GET",
    url: "https://tool.test/thing?code=…",
    status: 200,
    errorCode: null,
    durationMs: 12.5,
    waitMs: 0,
    requestBytes: 0,
    responseBytes: 7,
    vendorRequestId: "vendor-1",
    limits: { "default.remaining": "4" },
    path: "/context/tools/plain/thing",
    actorUserId: null,
    actorJob: null,
    actorKeyId: null,
    at: new Date(),
    sent: true,
    reason: null,
    ...over,
  };
}
