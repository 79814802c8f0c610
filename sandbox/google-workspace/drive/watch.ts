import { json, type SandboxResponse } from "../../http/server";
import { type ApiRequest, requireScope } from "../area";
import { type Channels, createChannels } from "../channels";
import { invalidParameter } from "../failures";
import { type DriveContext, readScopes } from "./context";
import type { FileRow } from "./rows";

/** Push of Drive (https://developers.google.com/workspace/drive/api/guides/push): of one file for a day, of all changes for a week. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface DriveWatch {
  watchFile(request: ApiRequest, file: FileRow): SandboxResponse;
  watchChanges(request: ApiRequest): SandboxResponse;
  stop(request: ApiRequest): SandboxResponse;
  readonly channels: Channels;
}

const fileResource = (id: string): string => `drive/files/${id}`;
const changesResource = (sub: string): string => `drive/changes/${sub}`;

export function createDriveWatch({ options, store }: DriveContext): DriveWatch {
  const channels = createChannels({
    clock: options.clock,
    lifetimes: (resource) => ({ standardMs: hourMs, longestMs: resource.startsWith("drive/files/") ? dayMs : 7 * dayMs }),
  });
  store.onChange(({ change, state, changed }) => {
    channels.notify(fileResource(change.fileId), state, changed);
    for (const sub of change.audience) channels.notify(changesResource(sub), "change");
  });

  const open = (request: ApiRequest, resource: string, path: string): SandboxResponse =>
    json(
      200,
      channels.open(request.body, {
        resource,
        resourceUri: `${options.webOrigin()}${path}?alt=json`,
        sub: request.account.sub,
        clientId: request.clientId,
      }),
    );

  return {
    channels,
    watchFile(request, file) {
      requireScope(request, ...readScopes);
      return open(request, fileResource(file.id), `/drive/v3/files/${file.id}`);
    },
    watchChanges(request) {
      requireScope(request, ...readScopes);
      if (!/^\d+$/.test(request.query.get("pageToken") ?? "")) throw invalidParameter("pageToken", "Invalid Value");
      return open(request, changesResource(request.account.sub), "/drive/v3/changes");
    },
    stop(request) {
      requireScope(request, ...readScopes);
      channels.stop(request.body, { sub: request.account.sub, clientId: request.clientId });
      return { status: 204 };
    },
  };
}
