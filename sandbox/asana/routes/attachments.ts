import { AsanaRefusal, badRequest, notFound } from "../failures";
import { readMultipart } from "../multipart";
import { type Answer, type Call, many, nothing, one, parameter, type Route, readBody } from "../router";
import type { AttachmentRow } from "../rows";
import { getRow, nameOfTask, streamsOf } from "../store";
import { requireTask } from "./tasks";

/** Files at tasks: what Asana keeps itself, and links to elsewhere. */

/** "Files larger than 100 MB are refused" (OpenAPI: createAttachmentForObject). */
export const maxAttachmentBytes = 100 * 1024 * 1024;

/** Names beyond ASCII come URL-encoded; what is no such name stays as it is. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function requireAttachment(call: Call): AttachmentRow {
  const gid = parameter(call, "attachment_gid");
  const attachment = call.store.tables.attachments.get(gid);
  if (attachment === undefined) throw notFound("attachment", gid);
  requireTask(call, attachment.parentGid);
  return attachment;
}

type NewAttachment = Pick<AttachmentRow, "name" | "host" | "mediaType" | "bytes" | "url">;

function attach(call: Call, parentGid: unknown, file: NewAttachment): Answer {
  const { store } = call;
  const task = requireTask(call, parentGid);
  const attachment: AttachmentRow = { gid: store.newGid(), parentGid: task.gid, createdAt: store.writeTime(), ...file };
  store.tables.attachments.set(attachment.gid, attachment);
  task.attachmentGids.push(attachment.gid);
  task.modifiedAt = attachment.createdAt;
  emitAttachment(call, attachment, "added");
  // 200, where other records come with 201 (OpenAPI: createAttachmentForObject).
  return one(call, "attachment", attachment);
}

function emitAttachment(call: Call, attachment: AttachmentRow, action: "added" | "deleted"): void {
  const task = getRow(call.store.tables.tasks, attachment.parentGid);
  call.store.emit({
    userGid: call.viewer.userGid,
    action,
    resource: { gid: attachment.gid, resource_type: "attachment", resource_subtype: attachment.host, name: attachment.name },
    parent: nameOfTask(task),
    change: null,
    streams: streamsOf(call.store.tables, task),
  });
}

function link(call: Call, fields: Readonly<Record<string, unknown>>): Answer {
  const { name, url, parent } = fields;
  if (typeof url !== "string" || !URL.canParse(url) || typeof name !== "string")
    throw badRequest("url: An external attachment needs name and url");
  return attach(call, parent, { name, host: "external", mediaType: "text/uri-list", bytes: null, url });
}

function create(call: Call): Answer {
  const { request } = call;
  if (request === null) throw badRequest("Attachments cannot be made in a batch.");
  const type = request.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return link(call, readBody(JSON.parse(request.body)).data);
  const parts = readMultipart(type, request.bytes);
  const fields = Object.fromEntries(
    parts.filter(({ fileName }) => fileName === null).map((part) => [part.name, Buffer.from(part.bytes).toString("utf8")]),
  );
  const file = parts.find(({ name }) => name === "file");
  if (fields.resource_subtype === "external") return link(call, fields);
  if (file?.fileName === undefined || file.fileName === null || file.fileName === "") throw badRequest("file: Missing input");
  if (file.bytes.byteLength > maxAttachmentBytes) throw new AsanaRefusal(413, "file: The file is larger than 100 MB");
  return attach(call, fields.parent, {
    name: decodeName(fields.name ?? file.fileName),
    host: "asana",
    mediaType: file.mediaType ?? "application/octet-stream",
    bytes: new Uint8Array(file.bytes),
    url: null,
  });
}

export const attachmentRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/attachments",
    scope: "attachments:read",
    handle(call) {
      const { attachments } = call.store.tables;
      const task = requireTask(call, call.query.get("parent"));
      return many(
        call,
        "attachment",
        task.attachmentGids.map((gid) => getRow(attachments, gid)),
      );
    },
  },
  { method: "POST", path: "/attachments", scope: "attachments:write", handle: create },
  {
    method: "GET",
    path: "/attachments/{attachment_gid}",
    scope: "attachments:read",
    handle: (call) => one(call, "attachment", requireAttachment(call)),
  },
  {
    method: "DELETE",
    path: "/attachments/{attachment_gid}",
    scope: "attachments:delete",
    handle(call) {
      const attachment = requireAttachment(call);
      const task = getRow(call.store.tables.tasks, attachment.parentGid);
      emitAttachment(call, attachment, "deleted");
      task.attachmentGids = task.attachmentGids.filter((gid) => gid !== attachment.gid);
      call.store.tables.attachments.delete(attachment.gid);
      return nothing;
    },
  },
];
