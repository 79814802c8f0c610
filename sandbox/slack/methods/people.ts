import { botUser, Failure, type Method, pageOf } from "../call";
import { fileObject, userObject } from "../objects";

/** auth.*, apps.uninstall, users.*, bots.info, team.info, files.info and api.test. */

const authTest: Method = {
  tier: "tier4",
  anyScope: [],
  json: true,
  run: (call) => ({
    url: call.base,
    team: call.workspace.name,
    user: botUser(call).handle,
    team_id: call.workspace.id,
    user_id: call.bot.userId,
    bot_id: call.bot.id,
    is_enterprise_install: false,
  }),
};

const authRevoke: Method = {
  tier: "tier3",
  anyScope: [],
  json: false,
  run(call) {
    if (call.args.flag("test")) return { revoked: false };
    // With rotation it ends one token and the app stays; without, the authorization goes with its only token.
    if (call.settings.tokenRotation) call.revokeToken();
    else call.uninstall();
    return { revoked: true };
  },
};

const usersList: Method = {
  tier: "tier2",
  anyScope: ["users:read"],
  json: false,
  run(call) {
    const rows = [...call.workspace.users.values()];
    if (call.args.text("limit") === null && rows.length > call.settings.usersWithoutLimit) throw new Failure("limit_required", {}, 500);
    const page = pageOf(call, "users.list", rows, call.args.limit(rows.length, 1_000), ({ id }) => id);
    return {
      members: page.rows.map((user) => userObject(call, user)),
      cache_ts: Math.floor(call.nowMs / 1000),
      response_metadata: { next_cursor: page.nextCursor },
    };
  },
};

const usersInfo: Method = {
  tier: "tier4",
  anyScope: ["users:read"],
  json: false,
  run(call) {
    const user = call.workspace.users.get(call.args.required("user", "user_not_found"));
    if (user === undefined) throw new Failure("user_not_found");
    return { user: userObject(call, user) };
  },
};

const usersLookupByEmail: Method = {
  tier: "tier3",
  anyScope: ["users:read.email"],
  json: false,
  run(call) {
    const email = call.args.required("email", "users_not_found").toLowerCase();
    const user = [...call.workspace.users.values()].find((one) => one.email?.toLowerCase() === email && !one.deleted);
    if (user === undefined) throw new Failure("users_not_found");
    return { user: userObject(call, user) };
  },
};

const botsInfo: Method = {
  tier: "tier3",
  anyScope: ["users:read"],
  json: false,
  run(call) {
    const asked = call.args.text("bot") ?? call.bot.id;
    const bot = call.workspace.bots.get(asked);
    if (bot === undefined) throw new Failure("bot_not_found");
    return { bot: { id: bot.id, deleted: false, name: bot.name, updated: 0, app_id: bot.appId, user_id: bot.userId } };
  },
};

const teamInfo: Method = {
  tier: "tier3",
  anyScope: ["team:read"],
  json: false,
  run: (call) => ({
    team: {
      id: call.workspace.id,
      name: call.workspace.name,
      domain: call.workspace.domain,
      email_domain: "",
      icon: { image_default: true, image_34: `${call.base}sandbox-app.svg`, image_132: `${call.base}sandbox-app.svg` },
    },
  }),
};

const filesInfo: Method = {
  tier: "tier4",
  anyScope: ["files:read"],
  json: false,
  run(call) {
    const id = call.args.required("file", "file_not_found");
    const isShared = [...call.workspace.conversations.values()].some(
      ({ members, messages }) => members.has(call.bot.userId) && [...messages.values()].some(({ fileIds }) => fileIds.includes(id)),
    );
    const [file] = isShared ? fileObject(call, id) : [];
    if (file === undefined) throw new Failure("file_not_found");
    return { file, comments: [], response_metadata: { next_cursor: "" } };
  },
};

/** Needs the app's own id and secret beside its token. */
export function createUninstall(check: (clientId: string, secret: string) => "unknown" | "wrong" | "right"): Method {
  return {
    tier: "tier1",
    anyScope: [],
    json: false,
    run(call) {
      const clientId = call.args.required("client_id", "invalid_client_id");
      const verdict = check(clientId, call.args.text("client_secret") ?? "");
      if (verdict === "unknown") throw new Failure("invalid_client_id");
      if (verdict === "wrong") throw new Failure("bad_client_secret");
      if (clientId !== call.bot.clientId) throw new Failure("client_id_token_mismatch");
      call.uninstall();
      return {};
    },
  };
}

export const peopleMethods: Readonly<Record<string, Method>> = {
  "auth.test": authTest,
  "auth.revoke": authRevoke,
  "users.list": usersList,
  "users.info": usersInfo,
  "users.lookupByEmail": usersLookupByEmail,
  "bots.info": botsInfo,
  "team.info": teamInfo,
  "files.info": filesInfo,
};
