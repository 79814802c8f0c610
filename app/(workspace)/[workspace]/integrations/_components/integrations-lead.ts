/** The sentence under the page's title, the same while it loads. */
export const integrationsLead = "Connect a tool, and its records become files of this workspace.";
