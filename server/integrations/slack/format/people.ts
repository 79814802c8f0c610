import type { Message, User } from "../schema";

/** What people see of a person. */
export const displayName = ({ id, name, real_name, profile }: User): string =>
  [profile.display_name, profile.real_name, real_name, name].find((one) => one !== null && one !== undefined && one.trim() !== "") ?? id;

/** Who wrote a message, where it is no person's: the name that the app gave itself. */
export const appName = (message: Message): string | null => message.username || message.bot_profile?.name || null;
