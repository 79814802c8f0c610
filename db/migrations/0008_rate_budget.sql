-- The rate budget: windows beside leaky buckets, who waits for a bucket, and slots for limits on calls at the same time.

-- A bucket with `window_seconds` counts what was spent in slices of a twentieth of its window: `spent[1]` is slice number `slice`, `spent[2]`
-- the one before it, and so on.
ALTER TABLE rate_bucket
  ADD COLUMN window_seconds double precision,
  ADD COLUMN spent double precision[],
  ADD COLUMN slice bigint,
  ADD COLUMN people_until timestamp with time zone,
  ADD COLUMN background_since timestamp with time zone,
  ADD COLUMN background_until timestamp with time zone,
  ADD CONSTRAINT rate_bucket_window CHECK ((window_seconds IS NULL) = (spent IS NULL) AND (spent IS NULL) = (slice IS NULL));

CREATE TABLE rate_slot (
  workspace_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  owner_id uuid,
  method_group text NOT NULL,
  holder uuid NOT NULL,
  lease_until timestamp with time zone NOT NULL,
  CONSTRAINT rate_slot_workspace_id_connection_id_method_group_holder_pk PRIMARY KEY(workspace_id,connection_id,method_group,holder)
);
ALTER TABLE rate_slot ADD CONSTRAINT rate_slot_workspace_id_workspace_id_fk FOREIGN KEY (workspace_id) REFERENCES workspace(id) ON DELETE cascade;
ALTER TABLE rate_slot ADD CONSTRAINT rate_slot_bucket FOREIGN KEY (workspace_id,connection_id,method_group) REFERENCES rate_bucket(workspace_id,connection_id,method_group) ON DELETE cascade;

ALTER TABLE rate_slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE rate_slot FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON rate_slot TO hub_app
  USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid AND (owner_id IS NULL
    OR owner_id = nullif(current_setting('app.user_id', true), '')::uuid OR current_setting('app.actor', true) = 'job'))
  WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid AND (owner_id IS NULL
    OR owner_id = nullif(current_setting('app.user_id', true), '')::uuid OR current_setting('app.actor', true) = 'job'));
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_slot TO hub_app;

-- Decides over asks of one connection, in their order, each granted from all the buckets that it charges or from none. Runs as the caller,
-- under row-level security. The buckets' rows are locked in the order of their names, so takes neither grant the same point twice nor wait
-- for each other in a circle; each statement after that sees what others have committed (a VOLATILE function takes a new snapshot for each).
--
-- `told_…` is what the vendor said of each bucket: its limit, what was left so long ago, when that ends, and what calls cost beyond what
-- they paid. It counts where it is stricter; a limit and a true cost count both ways.
--
-- People go before background calls: these leave a reserve, stay behind people who wait (`people_until`), and go first once when they got
-- nothing for 30 s (`background_since`; `background_until` keeps people behind for that moment). What comes back in a second, at most a
-- twentieth of the bucket, stays unspent, because calls overtake each other on their way and the vendor counts when they arrive.
--
-- Answers for each ask the milliseconds until it can be granted, null for granted; and for each bucket what is left and its limit, null where
-- the bucket is not there.
CREATE FUNCTION rate_take(
  of_connection uuid, bucket_names text[], concurrency integer[],
  told_limit float8[], told_remaining float8[], told_age_ms float8[], told_reset_ms float8[], told_surcharge float8[],
  usable boolean[], background boolean[], patience_ms float8[], waited_ms float8[], lease_ms float8[], holders uuid[], first_charge integer[],
  charge_bucket integer[], charge_cost float8[]
)
RETURNS TABLE (waits_ms float8[], left_over float8[], capacities float8[])
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = '' AS $$
DECLARE
  slices constant integer := 20;
  -- One for the slice that is under way, and one so that a call counts a little longer than the window, since it takes time to arrive.
  kept_slices constant integer := 22;
  headroom constant float8 := 0.05;
  reserve constant float8 := 0.2;
  -- Vendors round, and answers take time.
  doubt constant float8 := 0.05;
  small_capacity constant float8 := 5;
  starved_after constant interval := interval '30 seconds';
  -- Longer than a waiter oversleeps.
  turn_margin_ms constant float8 := 250;
  shortest_wait_ms constant float8 := 5;

  held public.rate_bucket[] := array_fill(NULL::public.rate_bucket, ARRAY[cardinality(bucket_names)]);
  changed boolean[] := array_fill(false, ARRAY[cardinality(bucket_names)]);
  free integer[] := array_fill(NULL::integer, ARRAY[cardinality(bucket_names)]);
  -- What those who wait already are owed: who comes after them must not take it.
  owed float8[] := array_fill(0::float8, ARRAY[cardinality(bucket_names)]);
  -- For each charge of the ask that is looked at: milliseconds until its own bucket would let it pass.
  charge_wait float8[];
  bucket public.rate_bucket;
  instant timestamptz;
  level float8;
  said float8;
  by_reset float8;
  now_slice bigint;
  gone integer;
  place integer;
  promoted integer := 0;
  ask integer;
  last_charge integer;
  i integer;
  modest boolean;
  price float8;
  needed float8;
  missing float8;
  wait float8;
  own_wait float8;
BEGIN
  FOR bucket IN
    SELECT b.* FROM public.rate_bucket b
    WHERE b.connection_id = of_connection AND b.method_group = ANY (bucket_names) ORDER BY b.method_group FOR UPDATE
  LOOP
    held[array_position(bucket_names, bucket.method_group)] := bucket;
  END LOOP;
  instant := clock_timestamp();

  -- What each bucket holds by now, and by the vendor's word.
  FOR i IN 1 .. cardinality(bucket_names) LOOP
    bucket := held[i];
    CONTINUE WHEN bucket.method_group IS NULL;
    -- A bucket in use is written now and then, whatever is granted, so that it is told from one that nobody needs.
    changed[i] := coalesce(told_limit[i], told_remaining[i], told_surcharge[i]) IS NOT NULL OR bucket.at < instant - interval '1 hour';
    IF told_limit[i] >= 1 THEN
      bucket.refill_per_second := bucket.refill_per_second * told_limit[i] / bucket.capacity;
      bucket.capacity := told_limit[i];
    END IF;
    IF bucket.window_seconds IS NULL THEN
      level := bucket.tokens + greatest(0, extract(epoch FROM instant - bucket.at)) * bucket.refill_per_second;
      said := told_remaining[i] + told_age_ms[i] / 1000 * bucket.refill_per_second;
      -- What it holds now if it is full at the vendor's reset. When that is sooner than it fills by itself, the vendor's word counts.
      by_reset := bucket.capacity - told_reset_ms[i] / 1000 * bucket.refill_per_second;
      IF told_remaining[i] <= 0 AND by_reset > said + bucket.capacity * doubt THEN
        said := by_reset;
        bucket.blocked_until := greatest(bucket.blocked_until, instant + make_interval(secs => told_reset_ms[i] / 1000));
      END IF;
      -- At most one whole bucket is owed, however wrong the vendor's number is.
      level := greatest(-bucket.capacity, least(bucket.capacity, least(level, said) - coalesce(told_surcharge[i], 0)));
    ELSE
      now_slice := floor(extract(epoch FROM instant) / bucket.window_seconds * slices)::bigint;
      gone := least(kept_slices, greatest(0, now_slice - bucket.slice))::integer;
      IF gone > 0 THEN
        bucket.spent := array_fill(0::float8, ARRAY[gone]) || bucket.spent[1 : kept_slices - gone];
        bucket.slice := now_slice;
      END IF;
      level := bucket.capacity - (SELECT sum(one) FROM unnest(bucket.spent) AS one);
      said := level;
      IF told_reset_ms[i] IS NULL OR told_reset_ms[i] > 0 THEN
        said := least(level, told_remaining[i]);
        IF told_remaining[i] <= 0 THEN
          bucket.blocked_until := greatest(bucket.blocked_until, instant + make_interval(secs => told_reset_ms[i] / 1000));
        END IF;
      END IF;
      said := greatest(-bucket.capacity, said - greatest(0, coalesce(told_surcharge[i], 0)));
      IF said < level THEN
        -- What others spent counts until the vendor's window ends, where it says when.
        place := greatest(1, kept_slices + 1 - ceil((extract(epoch FROM instant) + coalesce(told_reset_ms[i] / 1000, bucket.window_seconds))
          / bucket.window_seconds * slices - bucket.slice))::integer;
        bucket.spent[place] := bucket.spent[place] + level - said;
        level := said;
      END IF;
    END IF;
    bucket.tokens := level;
    bucket.at := instant;
    held[i] := bucket;
    IF concurrency[i] IS NOT NULL THEN
      DELETE FROM public.rate_slot s WHERE s.ctid = ANY (ARRAY(
        SELECT o.ctid FROM public.rate_slot o
        WHERE o.connection_id = of_connection AND o.method_group = bucket_names[i] AND o.lease_until <= instant FOR UPDATE SKIP LOCKED));
      free[i] := concurrency[i] - (SELECT count(*) FROM public.rate_slot s
        WHERE s.connection_id = of_connection AND s.method_group = bucket_names[i] AND s.lease_until > instant);
    END IF;
  END LOOP;

  -- The background call that goes first, if it is time for one.
  FOR ask IN 1 .. cardinality(usable) LOOP
    CONTINUE WHEN NOT background[ask] OR NOT usable[ask];
    last_charge := coalesce(first_charge[ask + 1], cardinality(charge_bucket) + 1) - 1;
    FOR charge IN first_charge[ask] .. last_charge LOOP
      bucket := held[charge_bucket[charge]];
      IF bucket.background_since < instant - starved_after THEN promoted := ask; END IF;
    END LOOP;
    EXIT WHEN promoted > 0;
  END LOOP;

  waits_ms := array_fill(NULL::float8, ARRAY[cardinality(usable)]);
  FOR turn IN 0 .. cardinality(usable) LOOP
    ask := CASE turn WHEN 0 THEN promoted ELSE turn END;
    CONTINUE WHEN ask = 0 OR (turn > 0 AND turn = promoted);
    IF NOT usable[ask] THEN
      waits_ms[ask] := 0;
      CONTINUE;
    END IF;
    last_charge := coalesce(first_charge[ask + 1], cardinality(charge_bucket) + 1) - 1;
    modest := background[ask] AND ask <> promoted;
    wait := 0;
    charge_wait := array_fill(0::float8, ARRAY[last_charge - first_charge[ask] + 1], ARRAY[first_charge[ask]]);
    FOR charge IN first_charge[ask] .. last_charge LOOP
      i := charge_bucket[charge];
      bucket := held[i];
      IF bucket.method_group IS NULL THEN
        wait := greatest(wait, shortest_wait_ms);
        CONTINUE;
      END IF;
      own_wait := 0;
      IF bucket.refill_per_second > 0 THEN
        needed := least(bucket.capacity, charge_cost[charge] + floor(least(bucket.capacity * headroom, bucket.refill_per_second))
          + CASE WHEN modest AND bucket.capacity >= small_capacity THEN floor(bucket.capacity * reserve) ELSE 0 END);
        missing := needed + owed[i] - bucket.tokens;
        IF missing > 0 AND bucket.window_seconds IS NULL THEN
          own_wait := missing / bucket.refill_per_second * 1000;
        ELSIF missing > 0 THEN
          -- Until enough of the oldest slices are forgotten; who comes after more than all of them waits whole windows more.
          place := kept_slices;
          WHILE place > 1 AND missing > bucket.spent[place] LOOP
            missing := missing - bucket.spent[place];
            place := place - 1;
          END LOOP;
          own_wait := ((bucket.slice + kept_slices + 1 - place) * bucket.window_seconds / slices - extract(epoch FROM instant)) * 1000
            + CASE place WHEN 1 THEN floor(greatest(0, missing - bucket.spent[1]) / bucket.capacity) * bucket.window_seconds * 1000 ELSE 0 END;
        END IF;
      END IF;
      -- When a slot comes back nobody knows: those who wait look again, more rarely the longer they have waited.
      IF free[i] <= (CASE WHEN modest AND concurrency[i] > 1 THEN greatest(1, floor(concurrency[i] * reserve)) ELSE 0 END) THEN
        own_wait := greatest(own_wait, 20 + least(230, waited_ms[ask] / 4));
      END IF;
      IF own_wait > 0 THEN own_wait := greatest(own_wait, shortest_wait_ms); END IF;
      charge_wait[charge] := own_wait;
      wait := greatest(wait, own_wait, extract(epoch FROM bucket.blocked_until - instant) * 1000,
        CASE WHEN modest THEN extract(epoch FROM bucket.people_until - instant) * 1000
          WHEN NOT background[ask] THEN extract(epoch FROM bucket.background_until - instant) * 1000 END);
    END LOOP;

    FOR charge IN first_charge[ask] .. last_charge LOOP
      i := charge_bucket[charge];
      bucket := held[i];
      CONTINUE WHEN bucket.method_group IS NULL;
      price := CASE WHEN bucket.refill_per_second > 0 THEN least(charge_cost[charge], bucket.capacity) ELSE 0 END;
      IF wait <= 0 THEN
        changed[i] := changed[i] OR price > 0 OR (background[ask] AND bucket.background_since IS NOT NULL);
        bucket.tokens := bucket.tokens - price;
        IF bucket.window_seconds > 0 THEN bucket.spent[1] := bucket.spent[1] + price; END IF;
        IF free[i] IS NOT NULL THEN
          free[i] := free[i] - 1;
          INSERT INTO public.rate_slot (workspace_id, connection_id, owner_id, method_group, holder, lease_until)
          VALUES (bucket.workspace_id, bucket.connection_id, bucket.owner_id, bucket.method_group, holders[ask],
            instant + make_interval(secs => lease_ms[ask] / 1000));
        END IF;
        IF background[ask] THEN
          bucket.background_since := NULL;
          bucket.background_until := NULL;
        END IF;
      ELSIF charge_wait[charge] > 0 OR (background[ask] AND bucket.people_until > instant) THEN
        -- Short here: a claim for those who will be back in time.
        IF wait <= patience_ms[ask] THEN owed[i] := owed[i] + price; END IF;
        IF background[ask] THEN
          changed[i] := changed[i] OR bucket.background_since IS NULL OR ask = promoted;
          bucket.background_since := coalesce(bucket.background_since, instant);
          IF ask = promoted AND wait <= patience_ms[ask] AND charge_wait[charge] <= greatest(2000, 1000 / nullif(bucket.refill_per_second, 0)) THEN
            bucket.background_until := instant + make_interval(secs => (charge_wait[charge] + turn_margin_ms) / 1000);
          END IF;
        ELSIF wait <= patience_ms[ask] THEN
          changed[i] := true;
          bucket.people_until := greatest(bucket.people_until, instant + make_interval(secs => (charge_wait[charge] + turn_margin_ms) / 1000));
        END IF;
      END IF;
      held[i] := bucket;
    END LOOP;
    IF wait > 0 THEN waits_ms[ask] := wait; END IF;
  END LOOP;

  FOR i IN 1 .. cardinality(bucket_names) LOOP
    CONTINUE WHEN NOT changed[i];
    bucket := held[i];
    UPDATE public.rate_bucket b SET tokens = bucket.tokens, at = bucket.at, capacity = bucket.capacity,
      refill_per_second = bucket.refill_per_second, blocked_until = bucket.blocked_until, spent = bucket.spent, slice = bucket.slice,
      people_until = bucket.people_until, background_since = bucket.background_since, background_until = bucket.background_until
    WHERE b.workspace_id = bucket.workspace_id AND b.connection_id = of_connection AND b.method_group = bucket.method_group;
  END LOOP;
  left_over := ARRAY(SELECT h.tokens FROM unnest(held) WITH ORDINALITY AS h ORDER BY h.ordinality);
  capacities := ARRAY(SELECT h.capacity FROM unnest(held) WITH ORDINALITY AS h ORDER BY h.ordinality);
  RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION rate_take FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rate_take TO hub_app;

-- The workspaces with buckets of a key inside a group (a channel, a mailbox) that nobody has used since `before`. At most `at_most`.
GRANT SELECT (workspace_id, method_group, at) ON rate_bucket TO hub_definer;
CREATE POLICY definer_select ON rate_bucket FOR SELECT TO hub_definer USING (true);
CREATE FUNCTION hub_list_idle_buckets(before timestamptz, at_most integer)
RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT b.workspace_id FROM public.rate_bucket b
  WHERE b.at < before AND strpos(b.method_group, '|') > 0 LIMIT at_most
$$;
GRANT CREATE ON SCHEMA public TO hub_definer;
REVOKE ALL ON FUNCTION hub_list_idle_buckets(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_list_idle_buckets(timestamptz, integer) TO hub_system;
ALTER FUNCTION hub_list_idle_buckets(timestamptz, integer) OWNER TO hub_definer;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
