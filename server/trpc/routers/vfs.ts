import "server-only";
import { z } from "zod";
import type { LaterOperation } from "@/server/vfs/file-system";
import {
  appendInput,
  editInput,
  executeInput,
  listInput,
  mkdirInput,
  moveInput,
  readInput,
  removeInput,
  statInput,
  writeInput,
} from "@/server/vfs/operations";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const reading = workspaceProcedure("files.read");
const writing = workspaceProcedure("files.write");

/** Operations of the contract that no mount has yet; whatever they are asked, they answer ENOTSUP naming themselves. */
const anything = z.looseObject({ path: statInput.shape.path.optional() });
const laterReading = (operation: LaterOperation) =>
  reading.input(anything).query(({ ctx, input }) => ctx.hub.files[operation](ctx.scope, input));
const laterWriting = (operation: LaterOperation) =>
  writing.input(anything).mutation(({ ctx, input }) => ctx.hub.files[operation](ctx.scope, input));

/** The file system: its operations, one procedure each. A change answers with a plan when `dryRun` was asked for, with a receipt otherwise. */
export const vfsRouter = router({
  stat: reading.input(statInput).query(({ ctx, input }) => ctx.hub.files.stat(ctx.scope, input)),
  list: reading.input(listInput).query(({ ctx, input }) => ctx.hub.files.list(ctx.scope, input)),
  read: reading.input(readInput).query(({ ctx, input }) => ctx.hub.files.read(ctx.scope, input)),
  /** What can be written on the mount of a path, by kind. */
  schema: reading.input(z.object({ path: statInput.shape.path })).query(({ ctx, input }) => ctx.hub.files.schema(ctx.scope, input.path)),

  write: writing.input(writeInput).mutation(({ ctx, input }) => ctx.hub.files.write(ctx.scope, input)),
  append: writing.input(appendInput).mutation(({ ctx, input }) => ctx.hub.files.append(ctx.scope, input)),
  edit: writing.input(editInput).mutation(({ ctx, input }) => ctx.hub.files.edit(ctx.scope, input)),
  mkdir: writing.input(mkdirInput).mutation(({ ctx, input }) => ctx.hub.files.mkdir(ctx.scope, input)),
  move: writing.input(moveInput).mutation(({ ctx, input }) => ctx.hub.files.move(ctx.scope, input)),
  remove: writing.input(removeInput).mutation(({ ctx, input }) => ctx.hub.files.remove(ctx.scope, input)),
  execute: writing.input(executeInput).mutation(({ ctx, input }) => ctx.hub.files.execute(ctx.scope, input)),

  glob: laterReading("glob"),
  grep: laterReading("grep"),
  search: laterReading("search"),
  watch: laterReading("watch"),
  history: laterReading("history"),
  explain: laterReading("explain"),
  copy: laterWriting("copy"),
  restore: laterWriting("restore"),
  batch: laterWriting("batch"),
});
