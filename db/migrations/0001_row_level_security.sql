-- Who may see what. The hub's login owns the tables and only migrates; its work runs under one of three roles, taken for one transaction:
--   hub_app     inside one workspace (app.workspace_id), as one person (app.user_id) or as a job (app.actor = 'job')
--   hub_auth    the identity tables, which stand outside the workspaces
--   hub_system  nothing but EXECUTE on the functions of 0002
-- and hub_definer owns those functions; nobody works under it. None of them can log in, none bypasses row-level security.
-- FORCE makes the owner obey as well; an unset workspace compares as null, so it shows no row.

-- Roles belong to the whole server: another database there may have made them already, or be making them at this moment.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['hub_app', 'hub_auth', 'hub_system', 'hub_definer'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION', wanted);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls)) THEN
      RAISE EXCEPTION 'The role % exists and bypasses row-level security; take SUPERUSER and BYPASSRLS from it first.', wanted;
    END IF;
    -- SET LOCAL ROLE needs membership. A superuser has it already; an ordinary owner (Neon's) is given it. From PostgreSQL 16 on being able
    -- to administer a role does not include taking it, so ask for exactly that, and not to inherit its rights unasked.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
      IF current_setting('server_version_num')::int >= 160000 THEN
        IF NOT pg_has_role(current_user, wanted, 'SET') THEN
          EXECUTE format('GRANT %I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', wanted);
        END IF;
      ELSIF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
      END IF;
    END IF;
  END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hub_app, hub_auth, hub_system, hub_definer;

DO $$
DECLARE
  entry text;
  -- `nullif`: after a transaction a setting that was local to it reads as the empty string, which is no uuid.
  workspace constant text := $e$workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid$e$;
  person constant text := $e$nullif(current_setting('app.user_id', true), '')::uuid$e$;
  job constant text := $e$current_setting('app.actor', true) = 'job'$e$;
BEGIN
  FOREACH entry IN ARRAY ARRAY[
    'workspace', 'member', 'invitation', 'audit_event', 'workspace_key', 'connection', 'connection_token', 'oauth_flow', 'rate_bucket', 'api_call',
    'vfs_node', 'vfs_content', 'vfs_directory_state', 'vfs_handle', 'vfs_print', 'vfs_plan', 'vfs_idempotency', 'vfs_alias',
    'user', 'account', 'session', 'verification_token', 'sign_in_attempt'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', entry);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', entry);
  END LOOP;

  -- The workspace's own.
  EXECUTE format('CREATE POLICY workspace ON workspace TO hub_app USING (%1$s) WITH CHECK (%1$s)', replace(workspace, 'workspace_id =', 'id ='));
  FOREACH entry IN ARRAY ARRAY['member', 'invitation', 'audit_event', 'workspace_key'] LOOP
    EXECUTE format('CREATE POLICY workspace ON %I TO hub_app USING (%2$s) WITH CHECK (%2$s)', entry, workspace);
  END LOOP;

  -- Shared unless it carries an owner; then the owner's, and the jobs' that renew and expire it.
  FOREACH entry IN ARRAY ARRAY[
    'connection_token', 'rate_bucket', 'api_call', 'vfs_node', 'vfs_content', 'vfs_directory_state', 'vfs_handle', 'vfs_print'
  ] LOOP
    EXECUTE format('CREATE POLICY workspace ON %I TO hub_app USING (%2$s AND (owner_id IS NULL OR owner_id = %3$s OR %4$s)) WITH CHECK (%2$s AND (owner_id IS NULL OR owner_id = %3$s OR %4$s))',
      entry, workspace, person, job);
  END LOOP;
  EXECUTE format('CREATE POLICY workspace ON connection TO hub_app USING (%1$s AND (visibility = ''workspace'' OR owner_id = %2$s OR %3$s)) WITH CHECK (%1$s AND (visibility = ''workspace'' OR owner_id = %2$s OR %3$s))',
    workspace, person, job);
  EXECUTE format('CREATE POLICY workspace ON oauth_flow TO hub_app USING (%1$s AND (user_id = %2$s OR %3$s)) WITH CHECK (%1$s AND (user_id = %2$s OR %3$s))',
    workspace, person, job);

  -- One person's alone; a job meets only what has expired.
  FOREACH entry IN ARRAY ARRAY['vfs_plan', 'vfs_idempotency', 'vfs_alias'] LOOP
    EXECUTE format('CREATE POLICY workspace ON %I TO hub_app USING (%2$s AND (owner_id = %3$s OR (%4$s AND expires_at < now()))) WITH CHECK (%2$s AND owner_id = %3$s)',
      entry, workspace, person, job);
  END LOOP;

  -- People: of the members of this workspace their names are seen, of nobody else anything.
  CREATE POLICY members ON "user" FOR SELECT TO hub_app USING (EXISTS (SELECT FROM member WHERE member.user_id = "user".id));
  FOREACH entry IN ARRAY ARRAY['user', 'account', 'session', 'verification_token', 'sign_in_attempt'] LOOP
    EXECUTE format('CREATE POLICY identity ON %I TO hub_auth USING (true) WITH CHECK (true)', entry);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO hub_auth', entry);
  END LOOP;
END $$;

-- Workspaces, memberships and acceptances come to be through 0002 only, so no scope can make itself a member of anything.
GRANT SELECT, UPDATE (slug, name) ON workspace TO hub_app;
GRANT SELECT, UPDATE (role), DELETE ON member TO hub_app;
GRANT SELECT, INSERT, DELETE ON invitation TO hub_app;
-- What happened stays as it was written.
GRANT SELECT, INSERT ON audit_event TO hub_app;
GRANT SELECT, INSERT, DELETE ON api_call TO hub_app;
GRANT SELECT, INSERT, UPDATE ON workspace_key TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON connection, connection_token, oauth_flow, rate_bucket,
  vfs_node, vfs_content, vfs_directory_state, vfs_handle, vfs_print, vfs_plan, vfs_idempotency, vfs_alias TO hub_app;
GRANT SELECT (id, name, email, image) ON "user" TO hub_app;
