import { badRequest, forbidden, notFound } from "../failures";
import { fromPlain, keepRichText } from "../rich-text";
import { type Answer, type Call, many, nothing, one, parameter, type Route } from "../router";
import type { StoryRow } from "../rows";
import { getRow, nameOfTask, streamsOf } from "../store";
import { mentionable, requireTask } from "./tasks";

/** Comments and what happened to a task. */

function requireStory(call: Call): StoryRow {
  const gid = parameter(call, "story_gid");
  const story = call.store.tables.stories.get(gid);
  if (story === undefined) throw notFound("story", gid);
  requireTask(call, story.taskGid);
  return story;
}

/** `text` or `html_text`, exactly one. */
function readText(call: Call): string {
  const { text, html_text } = call.data;
  const stray = Object.keys(call.data).find((key) => !["text", "html_text", "is_pinned", "sticker_name"].includes(key));
  if (stray !== undefined) throw badRequest(`${stray}: Unknown field`);
  if ((typeof text === "string") === (typeof html_text === "string")) {
    throw badRequest("You should specify exactly one of text, html_text");
  }
  if (typeof text === "string") {
    if (text === "") throw badRequest("text: Missing input");
    return fromPlain(text);
  }
  return keepRichText(String(html_text), "comment", mentionable(call));
}

function emitStory(call: Call, story: StoryRow, action: "added" | "changed" | "deleted"): void {
  const task = getRow(call.store.tables.tasks, story.taskGid);
  call.store.emit({
    userGid: call.viewer.userGid,
    action,
    resource: { gid: story.gid, resource_type: "story", resource_subtype: story.resourceSubtype },
    parent: nameOfTask(task),
    change: null,
    streams: streamsOf(call.store.tables, task),
  });
}

function comment(call: Call): Answer {
  const { store } = call;
  const task = requireTask(call, parameter(call, "task_gid"));
  const htmlText = readText(call);
  const at = store.writeTime();
  const story: StoryRow = {
    gid: store.newGid(),
    taskGid: task.gid,
    createdAt: at,
    createdByGid: call.viewer.userGid,
    type: "comment",
    resourceSubtype: "comment_added",
    htmlText,
    isEdited: false,
    isPinned: call.data.is_pinned === true,
  };
  store.tables.stories.set(story.gid, story);
  task.storyGids.push(story.gid);
  // OpenAPI, TaskBase: `modified_at` moves when a story is made or trashed.
  task.modifiedAt = at;
  emitStory(call, story, "added");
  return one(call, "story", story, { status: 201 });
}

export const storyRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/tasks/{task_gid}/stories",
    scope: "stories:read",
    handle(call) {
      const { stories } = call.store.tables;
      return many(
        call,
        "story",
        requireTask(call, parameter(call, "task_gid")).storyGids.map((gid) => getRow(stories, gid)),
      );
    },
  },
  { method: "POST", path: "/tasks/{task_gid}/stories", scope: "stories:write", handle: comment },
  { method: "GET", path: "/stories/{story_gid}", scope: "stories:read", handle: (call) => one(call, "story", requireStory(call)) },
  {
    method: "PUT",
    path: "/stories/{story_gid}",
    scope: "stories:write",
    handle(call) {
      const story = requireStory(call);
      if (story.type !== "comment" || story.createdByGid !== call.viewer.userGid)
        throw forbidden("story: Only your own comments can be edited.");
      story.htmlText = readText(call);
      story.isEdited = true;
      emitStory(call, story, "changed");
      return one(call, "story", story);
    },
  },
  {
    method: "DELETE",
    path: "/stories/{story_gid}",
    scope: "stories:delete",
    handle(call) {
      const story = requireStory(call);
      if (story.type !== "comment" || story.createdByGid !== call.viewer.userGid)
        throw forbidden("story: Only your own comments can be deleted.");
      const task = getRow(call.store.tables.tasks, story.taskGid);
      emitStory(call, story, "deleted");
      task.storyGids = task.storyGids.filter((gid) => gid !== story.gid);
      task.modifiedAt = call.store.writeTime();
      call.store.tables.stories.delete(story.gid);
      return nothing;
    },
  },
];
