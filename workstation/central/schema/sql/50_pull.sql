-- Pull, fill, fetch, digest: what an agent may see, as it is now.

-- One page of one scope's feed after (p_xid, p_seq), below the horizon (fixed for one pull; the first page names it).
-- `changes` is {entity: {"put": [records], "gone": [ids]}}. Reading by seq alone would lose rows of transactions that
-- commit late; xid is compared as a number, never as text.
create or replace function api.pull(p_epoch text, p_scope bigint, p_xid text, p_seq bigint, p_horizon text, p_page integer,
    out horizon text, out xid text, out seq bigint, out entries integer, out changes text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_variable
declare
    me workstation.agent := workstation.caller();
    entities text[]; ids uuid[]; e record; put text; there uuid[]; parts text[] := '{}';
begin
    perform workstation.same_central(p_epoch);
    perform workstation.only_seen(me, p_scope);
    horizon := coalesce(p_horizon, pg_snapshot_xmin(pg_current_snapshot())::text);
    select array_agg(p.entity), array_agg(p.entity_id), count(*),
        (array_agg(p.xid::text order by p.xid desc, p.seq desc))[1], (array_agg(p.seq order by p.xid desc, p.seq desc))[1]
    into entities, ids, entries, xid, seq
    from (select f.xid, f.seq, f.entity, f.entity_id from workstation.feed f
          where f.scope_id = p_scope and (f.xid, f.seq) > (p_xid::xid8, p_seq) and f.xid < horizon::xid8
          order by f.xid, f.seq limit least(p_page, 5000)) p;
    -- Looked at after reading, not before: what was archived meanwhile would be missed for ever.
    if p_xid::xid8 < (select m.value::xid8 from workstation.meta m where m.key = 'feed_floor') then
        raise exception 'the feed no longer reaches back to %', p_xid using errcode = 'WS001';
    end if;
    if entries = 0 then
        xid := p_xid; seq := p_seq; changes := '{}';
        return;
    end if;
    for e in select u.entity, array_agg(distinct u.id) as ids from unnest(entities, ids) u(entity, id) group by 1 loop
        execute format('select coalesce(json_agg(row_to_json(t))::text, ''[]''), coalesce(array_agg(t.id), ''{}'')
            from workstation.%I t where t.id = any($1) and t.scope_id = $2', e.entity) into put, there using e.ids, p_scope;
        parts := parts || format('%s:{"put":%s,"gone":%s}', to_json(e.entity), put,
            (select coalesce(json_agg(i), '[]') from unnest(e.ids) i where not i = any(there)));
    end loop;
    changes := '{' || array_to_string(parts, ',') || '}';
end $$;

-- One page of a first fill as one JSON array: the records of one entity after (p_time, p_id), most useful first: newest
-- history before older, nothing that happened before p_since. (One array is three times as fast as a row each.)
create or replace function api.fill(p_epoch text, p_scope bigint, p_entity text, p_time timestamptz, p_id uuid, p_since timestamptz, p_page integer)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    e workstation.entity := workstation.known_entity(p_entity);
    page text;
begin
    perform workstation.same_central(p_epoch);
    perform workstation.only_seen(me, p_scope);
    if e.history_time is null then
        execute format('select json_agg(t)::text from (select * from workstation.%I r
            where r.scope_id = $1 and ($2 is null or r.id < $2) order by r.id desc limit $3) t', e.name)
        into page using p_scope, p_id, least(p_page, 5000);
    else
        execute format('select json_agg(t)::text from (select * from workstation.%1$I r
            where r.scope_id = $1 and r.%2$I >= $5 and ($3 is null or (r.%2$I, r.id) < ($4, $3))
            order by r.%2$I desc, r.id desc limit $2) t', e.name, e.history_time)
        into page using p_scope, least(p_page, 5000), p_id, p_time, p_since;
    end if;
    return coalesce(page, '[]');
end $$;

create or replace function api.rows(p_entity text, p_ids uuid[]) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare me workstation.agent := workstation.caller();
begin
    return query execute format('select row_to_json(t)::text from workstation.%I t
        where t.id = any($1) and t.scope_id = any($2)', (workstation.known_entity(p_entity)).name)
    using p_ids[1:5000], workstation.scopes_of(me);
end $$;

-- 256 buckets by the last byte of the id (ids begin with the time): how many records, and the sum of a 32-bit hash of
-- id and version of each.
create or replace function api.digest(p_epoch text, p_scope bigint, p_entity text, p_since timestamptz)
returns table (bucket integer, records bigint, sum text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    e workstation.entity := workstation.known_entity(p_entity);
begin
    perform workstation.same_central(p_epoch);
    perform workstation.only_seen(me, p_scope);
    return query execute format('select get_byte(uuid_send(t.id), 15), count(*),
        sum((''x'' || left(md5(t.id || '':'' || t.version), 8))::bit(32)::bigint)::text
        from workstation.%I t where t.scope_id = $1 and %s group by 1', e.name,
        case when e.history_time is null then 'true' else format('t.%I >= $2', e.history_time) end) using p_scope, p_since;
end $$;

create or replace function api.bucket(p_epoch text, p_scope bigint, p_entity text, p_bucket integer, p_since timestamptz)
returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    e workstation.entity := workstation.known_entity(p_entity);
begin
    perform workstation.same_central(p_epoch);
    perform workstation.only_seen(me, p_scope);
    return query execute format('select row_to_json(t)::text from workstation.%I t
        where t.scope_id = $1 and get_byte(uuid_send(t.id), 15) = $2 and %s', e.name,
        case when e.history_time is null then 'true' else format('t.%I >= $3', e.history_time) end)
    using p_scope, p_bucket, p_since;
end $$;

-- Live look-ups for what a PC does not hold; each leaves a line in the audit trail.
create or replace function api.search_customers(p_text text, p_limit integer) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    mine bigint[] := workstation.scopes_of(me);
    wanted text := regexp_replace(p_text, '[^0-9]', '', 'g');
    start text := replace(replace(replace(lower(p_text), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
    insert into workstation.audit (actor, verb, detail) values (session_user, 'search_customers', '{}');
    return query select row_to_json(c)::text from workstation.customer c
    where c.id in (select n.id from workstation.customer n
            where length(p_text) > 1 and lower(n.name) like start and n.scope_id = any(mine) limit 500)
        or c.id in (select p.customer_id from workstation.contact_point p
            where length(wanted) >= 4 and reverse(p.digits) like reverse(wanted) || '%' and p.scope_id = any(mine) limit 500)
    order by c.name limit least(p_limit, 200);
end $$;

create or replace function api.fetch_customer(p_customer uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    e workstation.entity; part text; parts text[] := '{}';
begin
    if not exists (select from workstation.customer c where c.id = p_customer and c.scope_id = any(workstation.scopes_of(me))) then
        return '{}';
    end if;
    insert into workstation.audit (actor, verb, detail)
    values (session_user, 'fetch_customer', jsonb_build_object('customer', p_customer));
    for e in select * from workstation.entity x where x.about_customer or x.name in ('customer', 'conflict') order by x.position loop
        execute format('select coalesce(json_agg(row_to_json(t))::text, ''[]'') from workstation.%I t where t.%I = $1',
            e.name, case when e.name = 'customer' then 'id' else 'customer_id' end) into part using p_customer;
        parts := parts || (to_json(e.name) || ':' || part);
    end loop;
    return '{' || array_to_string(parts, ',') || '}';
end $$;

-- The feed is whole for 35 days; what is older moves to the archive, and desks that were away longer fill anew. The
-- youngest of what is old enough stays: a cursor may stand in the middle of that transaction.
create or replace function workstation.archive_feed(keep interval) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare moved bigint; floor xid8;
begin
    perform from workstation.meta m where m.key = 'feed_floor' for update skip locked;
    if not found then
        return 0;
    end if;
    select f.xid into floor from workstation.feed f
    where f.at < now() - keep and f.xid < pg_snapshot_xmin(pg_current_snapshot()) order by f.xid desc limit 1;
    with gone as (
        delete from workstation.feed f where f.xid < floor returning *
    ), kept as (
        insert into workstation.feed_archive (scope_id, xid, seq, entity, entity_id, version, kind, actor, changed, at)
        select g.scope_id, g.xid, g.seq, g.entity, g.entity_id, g.version, g.kind, g.actor, g.changed, g.at from gone g
    )
    select count(*) into moved from gone g;
    if moved > 0 then
        update workstation.meta set value = floor::text where key = 'feed_floor';
    end if;
    return moved;
end $$;

create or replace function api.roll_up() returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select workstation.archive_feed('35 days') from workstation.caller()
$$;
