import { attachmentMutations } from "./attachments";
import { commentMutations } from "./comments";
import { issueMutations } from "./issues";
import { webhookMutations } from "./webhooks";

/** Every mutation that the sandbox has. */
export const mutationResolvers = { ...issueMutations, ...commentMutations, ...attachmentMutations, ...webhookMutations };
