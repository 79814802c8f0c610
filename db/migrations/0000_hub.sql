-- The hub's tables. Started by drizzle-kit from db/schema, finished by hand: what Drizzle cannot say (INCLUDE, storage parameters) is here,
-- and `db/schema.test.ts` compares the two. Rights and policies follow in 0001, the functions of the system actor in 0002.

CREATE TABLE api_call (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  connection_id uuid,
  owner_id uuid,
  integration text NOT NULL,
  call_id uuid NOT NULL,
  attempt integer NOT NULL,
  operation text NOT NULL,
  method text NOT NULL,
  url text NOT NULL,
  status integer,
  error_code text,
  duration_ms double precision NOT NULL,
  wait_ms double precision DEFAULT 0 NOT NULL,
  request_bytes bigint NOT NULL,
  response_bytes bigint,
  vendor_request_id text,
  limits jsonb DEFAULT '{}'::jsonb NOT NULL,
  path text,
  actor_user_id uuid,
  actor_job text,
  at timestamp with time zone NOT NULL
);

CREATE TABLE connection_token (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  owner_id uuid,
  version integer DEFAULT 1 NOT NULL,
  key_version integer NOT NULL,
  access_enc bytea NOT NULL,
  refresh_enc bytea,
  access_expires_at timestamp with time zone,
  refreshed_at timestamp with time zone,
  lease_by text,
  lease_until timestamp with time zone,
  intent_at timestamp with time zone,
  terminal_error text,
  failures integer DEFAULT 0 NOT NULL,
  backoff_until timestamp with time zone,
  CONSTRAINT connection_token_workspace_id_connection_id_pk PRIMARY KEY(workspace_id,connection_id)
);

CREATE TABLE connection (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  integration text NOT NULL,
  owner_id uuid NOT NULL,
  visibility text NOT NULL,
  mount_name text NOT NULL,
  status text NOT NULL,
  status_since timestamp with time zone DEFAULT now() NOT NULL,
  status_reason text,
  external_org_id text NOT NULL,
  external_account_id text NOT NULL,
  account_name text NOT NULL,
  account_email text,
  org_name text,
  scopes text[] NOT NULL,
  capabilities text[] NOT NULL,
  time_zone text NOT NULL,
  mirror_policy text DEFAULT 'titles' NOT NULL,
  last_sync_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT connection_workspace_id UNIQUE(workspace_id,id),
  CONSTRAINT connection_visibility CHECK (visibility in ('private', 'workspace')),
  CONSTRAINT connection_status CHECK (status in ('connected', 'reauth_required', 'failed', 'disconnecting')),
  CONSTRAINT connection_mirror_policy CHECK (mirror_policy in ('titles', 'full')),
  CONSTRAINT connection_mount_name CHECK (mount_name ~ '^[^/[:cntrl:]]+$' and mount_name not in ('.', '..') and octet_length(mount_name) <= 255)
);

CREATE TABLE oauth_flow (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  integration text NOT NULL,
  state_hash text NOT NULL,
  visibility text NOT NULL,
  capabilities text[] NOT NULL,
  return_path text NOT NULL,
  popup boolean NOT NULL,
  status text DEFAULT 'pending' NOT NULL,
  reason text,
  connection_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  consumed_at timestamp with time zone,
  CONSTRAINT oauth_flow_state_hash_unique UNIQUE(state_hash),
  CONSTRAINT oauth_flow_visibility CHECK (visibility in ('private', 'workspace')),
  CONSTRAINT oauth_flow_status CHECK (status in ('pending', 'exchanging', 'connected', 'denied', 'failed'))
);

CREATE TABLE rate_bucket (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  owner_id uuid,
  method_group text NOT NULL,
  tokens double precision NOT NULL,
  capacity double precision NOT NULL,
  refill_per_second double precision NOT NULL,
  at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  blocked_until timestamp with time zone,
  CONSTRAINT rate_bucket_workspace_id_connection_id_method_group_pk PRIMARY KEY(workspace_id,connection_id,method_group)
);

CREATE TABLE workspace_key (
  workspace_id uuid NOT NULL,
  version integer NOT NULL,
  kek_id text NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT workspace_key_workspace_id_version_pk PRIMARY KEY(workspace_id,version)
);

CREATE TABLE account (
  user_id uuid NOT NULL,
  type text NOT NULL,
  provider text NOT NULL,
  provider_account_id text NOT NULL,
  CONSTRAINT account_provider_provider_account_id_pk PRIMARY KEY(provider,provider_account_id)
);

CREATE TABLE session (
  session_token_hash text PRIMARY KEY NOT NULL,
  user_id uuid NOT NULL,
  expires timestamp with time zone NOT NULL
);

CREATE TABLE sign_in_attempt (
  key text NOT NULL,
  window_start timestamp with time zone NOT NULL,
  count integer NOT NULL
);

CREATE TABLE "user" (
  id uuid PRIMARY KEY NOT NULL,
  name text,
  email text NOT NULL,
  email_verified timestamp with time zone,
  image text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_email_unique UNIQUE(email)
);

CREATE TABLE verification_token (
  identifier text NOT NULL,
  token_hash text NOT NULL,
  expires timestamp with time zone NOT NULL,
  CONSTRAINT verification_token_identifier_token_hash_pk PRIMARY KEY(identifier,token_hash)
);

CREATE TABLE vfs_alias (
  workspace_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  parent_path text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT vfs_alias_workspace_id_owner_id_parent_path_name_pk PRIMARY KEY(workspace_id,owner_id,parent_path,name)
);

CREATE TABLE vfs_content (
  workspace_id uuid NOT NULL,
  node_id uuid NOT NULL,
  owner_id uuid,
  connection_id uuid,
  body text NOT NULL,
  etag text NOT NULL,
  CONSTRAINT vfs_content_workspace_id_node_id_pk PRIMARY KEY(workspace_id,node_id)
);

CREATE TABLE vfs_directory_state (
  workspace_id uuid NOT NULL,
  path text COLLATE "C" NOT NULL,
  owner_id uuid,
  connection_id uuid NOT NULL,
  listed_at timestamp with time zone,
  walk_cursor text,
  walk_started_at timestamp with time zone,
  complete boolean DEFAULT false NOT NULL,
  CONSTRAINT vfs_directory_state_workspace_id_path_pk PRIMARY KEY(workspace_id,path)
);

CREATE TABLE vfs_handle (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  owner_id uuid,
  handle text COLLATE "C" NOT NULL,
  object_kind text NOT NULL,
  external_id text NOT NULL,
  CONSTRAINT vfs_handle_workspace_id_connection_id_handle_pk PRIMARY KEY(workspace_id,connection_id,handle),
  CONSTRAINT vfs_handle_object UNIQUE(workspace_id,connection_id,object_kind,external_id)
);

CREATE TABLE vfs_idempotency (
  workspace_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  key text NOT NULL,
  content_hash text NOT NULL,
  receipt jsonb,
  failure jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT vfs_idempotency_workspace_id_owner_id_key_pk PRIMARY KEY(workspace_id,owner_id,key)
);

CREATE TABLE vfs_node (
  workspace_id uuid NOT NULL,
  path text COLLATE "C" NOT NULL,
  parent_path text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  node_id uuid NOT NULL,
  owner_id uuid,
  connection_id uuid,
  object_kind text,
  external_id text,
  canonical_path text COLLATE "C",
  etag text,
  revision text,
  size_bytes bigint,
  media_type text,
  web_url text,
  created_at timestamp with time zone,
  modified_at timestamp with time zone,
  expires_at timestamp with time zone,
  hard_expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  expiry_fixed boolean DEFAULT false NOT NULL,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  synced_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT vfs_node_workspace_id_path_pk PRIMARY KEY(workspace_id,path),
  CONSTRAINT vfs_node_id UNIQUE(workspace_id,node_id),
  CONSTRAINT vfs_node_path_length CHECK (octet_length(path) <= 1024),
  CONSTRAINT vfs_node_name_length CHECK (octet_length(name) <= 255),
  CONSTRAINT vfs_node_parent CHECK (parent_path = '/' or starts_with(path, parent_path || '/')),
  CONSTRAINT vfs_node_kind CHECK (kind in ('directory', 'file', 'link'))
);

CREATE TABLE vfs_plan (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  connection_id uuid,
  path text NOT NULL,
  base_etag text,
  plan jsonb NOT NULL,
  state text DEFAULT 'ready' NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT vfs_plan_state CHECK (state in ('ready', 'running', 'done'))
);

CREATE TABLE vfs_print (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  path text COLLATE "C" NOT NULL,
  etag text NOT NULL,
  owner_id uuid,
  body text NOT NULL,
  revision text,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT vfs_print_workspace_id_path_etag_pk PRIMARY KEY(workspace_id,path,etag)
);

CREATE TABLE audit_event (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  actor_user_id uuid,
  actor_job text,
  action text NOT NULL,
  subject text NOT NULL,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE invitation (
  id uuid PRIMARY KEY NOT NULL,
  workspace_id uuid NOT NULL,
  role text NOT NULL,
  token_hash text NOT NULL,
  invited_by uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  accepted_by uuid,
  accepted_at timestamp with time zone,
  CONSTRAINT invitation_token_hash_unique UNIQUE(token_hash),
  CONSTRAINT invitation_role CHECK (role in ('viewer', 'member', 'admin', 'owner'))
);

CREATE TABLE member (
  workspace_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  joined_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT member_workspace_id_user_id_pk PRIMARY KEY(workspace_id,user_id),
  CONSTRAINT member_role CHECK (role in ('viewer', 'member', 'admin', 'owner'))
);

CREATE TABLE workspace (
  id uuid PRIMARY KEY NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT workspace_slug_unique UNIQUE(slug),
  CONSTRAINT workspace_slug CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$')
);

ALTER TABLE api_call ADD CONSTRAINT api_call_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE connection_token ADD CONSTRAINT connection_token_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE connection_token ADD CONSTRAINT connection_token_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE connection ADD CONSTRAINT connection_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE connection ADD CONSTRAINT connection_owner_id_user_id_fk FOREIGN KEY (owner_id) REFERENCES "user"(id) ON DELETE no action;
ALTER TABLE oauth_flow ADD CONSTRAINT oauth_flow_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE oauth_flow ADD CONSTRAINT oauth_flow_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE cascade;
ALTER TABLE rate_bucket ADD CONSTRAINT rate_bucket_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE rate_bucket ADD CONSTRAINT rate_bucket_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE workspace_key ADD CONSTRAINT workspace_key_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE account ADD CONSTRAINT account_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE cascade;
ALTER TABLE session ADD CONSTRAINT session_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE cascade;
ALTER TABLE vfs_alias ADD CONSTRAINT vfs_alias_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_content ADD CONSTRAINT vfs_content_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_content ADD CONSTRAINT vfs_content_node FOREIGN KEY (workspace_id,node_id) REFERENCES vfs_node(workspace_id,node_id) ON DELETE cascade;
ALTER TABLE vfs_directory_state ADD CONSTRAINT vfs_directory_state_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_directory_state ADD CONSTRAINT vfs_directory_state_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE vfs_handle ADD CONSTRAINT vfs_handle_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_handle ADD CONSTRAINT vfs_handle_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE vfs_idempotency ADD CONSTRAINT vfs_idempotency_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_node ADD CONSTRAINT vfs_node_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_node ADD CONSTRAINT vfs_node_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE vfs_plan ADD CONSTRAINT vfs_plan_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_print ADD CONSTRAINT vfs_print_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE vfs_print ADD CONSTRAINT vfs_print_connection FOREIGN KEY (workspace_id,connection_id) REFERENCES connection(workspace_id,id) ON DELETE cascade;
ALTER TABLE audit_event ADD CONSTRAINT audit_event_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE invitation ADD CONSTRAINT invitation_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE invitation ADD CONSTRAINT invitation_invited_by_user_id_fk FOREIGN KEY (invited_by) REFERENCES "user"(id) ON DELETE set null;
ALTER TABLE invitation ADD CONSTRAINT invitation_accepted_by_user_id_fk FOREIGN KEY (accepted_by) REFERENCES "user"(id) ON DELETE set null;
ALTER TABLE member ADD CONSTRAINT member_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE member ADD CONSTRAINT member_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE cascade;
CREATE INDEX api_call_at ON api_call (workspace_id,at,id);
CREATE INDEX api_call_connection ON api_call (workspace_id,connection_id,at,id);
CREATE INDEX api_call_prune ON api_call (at);
CREATE INDEX connection_token_expiry ON connection_token (access_expires_at);
CREATE UNIQUE INDEX connection_account ON connection (workspace_id,integration,external_org_id,external_account_id,visibility,owner_id);
CREATE UNIQUE INDEX connection_mount_shared ON connection (workspace_id,mount_name) WHERE visibility = 'workspace';
CREATE UNIQUE INDEX connection_mount_private ON connection (workspace_id,owner_id,mount_name) WHERE visibility = 'private';
CREATE INDEX oauth_flow_expiry ON oauth_flow (expires_at);
CREATE INDEX oauth_flow_workspace ON oauth_flow (workspace_id,created_at);
CREATE INDEX account_by_user ON account (user_id);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_expires ON session (expires);
CREATE UNIQUE INDEX sign_in_attempt_key ON sign_in_attempt (key,window_start);
CREATE INDEX sign_in_attempt_window ON sign_in_attempt (window_start);
CREATE UNIQUE INDEX user_email_lower ON "user" (lower(email));
CREATE INDEX verification_token_expires ON verification_token (expires);
CREATE INDEX vfs_alias_expiry ON vfs_alias (expires_at);
CREATE INDEX vfs_idempotency_expiry ON vfs_idempotency (expires_at);
-- With what a listing's count and policy read, so that they are answered from the index alone (data.md §3.2).
CREATE INDEX vfs_node_list ON vfs_node (workspace_id,parent_path,name,path) INCLUDE (node_id,kind,size_bytes,modified_at,owner_id);
CREATE INDEX vfs_node_external ON vfs_node (workspace_id,connection_id,external_id);
CREATE INDEX vfs_node_expiry ON vfs_node (expires_at) WHERE expires_at is not null;
CREATE INDEX vfs_plan_expiry ON vfs_plan (expires_at);
CREATE INDEX vfs_print_expiry ON vfs_print (expires_at);
CREATE INDEX audit_event_at ON audit_event (workspace_id,at,id);
CREATE INDEX invitation_workspace ON invitation (workspace_id,created_at);
CREATE INDEX member_user ON member (user_id);

-- Room for updates on the same page (HOT), and vacuuming that keeps the visibility map fresh enough for index-only scans.
ALTER TABLE vfs_node SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE vfs_directory_state SET (fillfactor = 85);
ALTER TABLE rate_bucket SET (fillfactor = 50);
ALTER TABLE connection_token SET (fillfactor = 70);
