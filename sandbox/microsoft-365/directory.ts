import { answerOne, answerPage } from "./answers";
import type { GraphContext } from "./context";
import { properties } from "./metadata";
import type { Route } from "./route";

/** The person and the organization. */

const profileOf = ({ user }: GraphContext) => {
  const [givenName = "", ...rest] = user.displayName.split(" ");
  return {
    businessPhones: [],
    displayName: user.displayName,
    givenName,
    jobTitle: user.jobTitle,
    mail: user.mail,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: "en-GB",
    surname: rest.join(" "),
    userPrincipalName: user.mail,
    id: user.id,
  };
};

export const directoryRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me",
    scopes: ["User.Read"],
    limit: "directory",
    run: (context) => answerOne(context, profileOf(context), { of: "users", type: "microsoft.graph.user", properties: properties.user }),
  },
  {
    method: "GET",
    pattern: "/organization",
    scopes: ["User.Read"],
    limit: "directory",
    run(context) {
      const tenant = context.store.tenants.get(context.user.tenantId);
      const rows = tenant === undefined ? [] : [tenant];
      return answerPage(
        context,
        rows,
        {
          of: "organization",
          type: "microsoft.graph.organization",
          properties: properties.organization,
          filterable: [],
          orderable: [],
          pageSize: 100,
          maxPageSize: 100,
          options: [],
        },
        ({ id, displayName, domain }) => ({
          id,
          displayName,
          verifiedDomains: [{ name: domain, isDefault: true, isInitial: true, type: "Managed", capabilities: "Email" }],
        }),
      );
    },
  },
];
