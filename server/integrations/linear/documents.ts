/**
 * Every GraphQL document the hub sends to Linear. Queries are flat: a nested connection multiplies Linear's complexity points by its
 * page size (0.1 a field, 1 an object; https://linear.app/developers/rate-limiting). Lists come newest-made first, Linear's default
 * order, which does not move while a walk is under way.
 */

const issueFields = `
  id identifier title description url priority dueDate createdAt updatedAt archivedAt
  team { id key } state { id name type } assignee { id name } creator { id name }
  project { id name } cycle { id number name } parent { id identifier title }
  labels(first: 50) { nodes { id name } pageInfo { hasNextPage endCursor } }`;

const commentFields = `
  id body createdAt updatedAt editedAt resolvedAt url parentId
  user { id name } botActor { name } externalUser { name }`;

const issueRowFields = "id identifier title url createdAt updatedAt archivedAt";

const attachmentFields = `
  id title subtitle url sourceType createdAt updatedAt creator { id name }`;

const pageInfo = "pageInfo { hasNextPage endCursor }";

export const documents = {
  identity: `query identity { viewer { id name displayName email timezone } organization { id name urlKey } }`,
  organization: `query organization { organization { id name urlKey } }`,
  teams: `query teams($first: Int!, $after: String) {
    teams(first: $first, after: $after) { nodes { id key name createdAt updatedAt } ${pageInfo} } }`,
  team: `query team($id: String!) {
    team(id: $id) { id key name description visibility cyclesEnabled timezone createdAt updatedAt
      states(first: 100) { nodes { id name type position } ${pageInfo} } } }`,
  issues: `query issues($team: String!, $first: Int!, $after: String) {
    team(id: $team) { issues(first: $first, after: $after) {
      nodes { ${issueRowFields} } ${pageInfo} } } }`,
  archivedIssues: `query archivedIssues($team: String!, $first: Int!, $after: String) {
    team(id: $team) { issues(first: $first, after: $after, includeArchived: true, filter: { archivedAt: { null: false } }) {
      nodes { ${issueRowFields} } ${pageInfo} } } }`,
  issue: `query issue($id: String!) { issue(id: $id) { ${issueFields} } }`,
  comments: `query comments($issue: String!, $first: Int!, $after: String) {
    issue(id: $issue) { comments(first: $first, after: $after) { nodes { ${commentFields} } ${pageInfo} } } }`,
  attachments: `query attachments($issue: String!, $first: Int!, $after: String) {
    issue(id: $issue) { attachments(first: $first, after: $after) { nodes { ${attachmentFields} } ${pageInfo} } } }`,
  attachment: `query attachment($id: String!) { attachment(id: $id) { ${attachmentFields} issue { id } } }`,
  comment: `query comment($id: String!) { comment(id: $id) { ${commentFields} } }`,
  cycles: `query cycles($team: String!, $first: Int!, $after: String) {
    team(id: $team) { cycles(first: $first, after: $after) { nodes { id number name createdAt updatedAt } ${pageInfo} } } }`,
  cycle: `query cycle($id: String!) {
    cycle(id: $id) { id number name description startsAt endsAt completedAt createdAt updatedAt team { id key } } }`,
  projects: `query projects($first: Int!, $after: String) {
    projects(first: $first, after: $after, includeArchived: true) { nodes { id name url createdAt updatedAt archivedAt } ${pageInfo} } }`,
  project: `query project($id: String!) {
    project(id: $id) { id name slugId url description content startDate targetDate createdAt updatedAt archivedAt
      health priority status { id name type } lead { id name }
      teams(first: 50) { nodes { id key } ${pageInfo} } members(first: 50) { nodes { id name } ${pageInfo} } } }`,
  users: `query users($first: Int!, $after: String) {
    users(first: $first, after: $after) {
      nodes { id name displayName email active admin guest app url timezone createdAt updatedAt } ${pageInfo} } }`,
  user: `query user($id: String!) {
    user(id: $id) { id name displayName email active admin guest app url timezone createdAt updatedAt } }`,
  labels: `query labels($first: Int!, $after: String, $filter: IssueLabelFilter) {
    issueLabels(first: $first, after: $after, filter: $filter) {
      nodes { id name isGroup parent { id name } team { id } } ${pageInfo} } }`,
  issueCreate: `mutation issueCreate($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { ${issueFields} } } }`,
  issueUpdate: `mutation issueUpdate($id: String!, $input: IssueUpdateInput!) {
    issueUpdate(id: $id, input: $input) { success issue { ${issueFields} } } }`,
  issueArchive: `mutation issueArchive($id: String!) { issueArchive(id: $id) { success } }`,
  issueUnarchive: `mutation issueUnarchive($id: String!) { issueUnarchive(id: $id) { success } }`,
  commentCreate: `mutation commentCreate($input: CommentCreateInput!) {
    commentCreate(input: $input) { success comment { ${commentFields} } } }`,
} as const;

export type DocumentName = keyof typeof documents;
