-- Every synced table: a version on each row, an entry in the feed for each change, whoever made it.

-- A version says how often a row was written and by which lineage: the count, then 20 random bits. After a restore the
-- same count written twice differs, so that a digest over (id, version) finds it.
create or replace function workstation.stamp() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        if new is not distinct from old then
            return new;
        end if;
        if new.id <> old.id then
            raise exception 'the id of a record never changes' using errcode = '23000';
        end if;
        new.version := (((old.version >> 20) + 1) << 20) | floor(random() * 1048576)::bigint;
        return new;
    end if;
    if tg_argv[0] = 'about_customer' and new.scope_id is null then
        select c.scope_id into new.scope_id from workstation.customer c where c.id = new.customer_id;
    end if;
    new.version := (1::bigint << 20) | floor(random() * 1048576)::bigint;
    return new;
end $$;

create or replace function workstation.differences(before jsonb, after jsonb) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select jsonb_object_agg(b.key, jsonb_build_array(b.value, a.value))
    from jsonb_each(before) b join jsonb_each(after) a on a.key = b.key
    where a.value is distinct from b.value and b.key <> 'version'
$$;

create or replace function workstation.capture_added() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor)
    select n.scope_id, tg_table_name, n.id, n.version, 'p', session_user from new_rows n;
    return null;
end $$;

create or replace function workstation.capture_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor)
    select o.scope_id, tg_table_name, o.id, n.version, 'r', session_user
    from old_rows o join new_rows n on n.id = o.id where o.scope_id <> n.scope_id;
    insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor, changed)
    select n.scope_id, tg_table_name, n.id, n.version, 'p', session_user,
        workstation.differences(to_jsonb(o), to_jsonb(n))
    from new_rows n join old_rows o on o.id = n.id where o.version <> n.version;
    return null;
end $$;

create or replace function workstation.capture_removed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    insert into workstation.feed (scope_id, entity, entity_id, version, kind, actor, changed)
    select o.scope_id, tg_table_name, o.id, o.version, 'r', session_user,
        (select jsonb_object_agg(f.key, jsonb_build_array(f.value, null)) from jsonb_each(to_jsonb(o)) f)
    from old_rows o;
    return null;
end $$;

do $$
declare e workstation.entity;
begin
    for e in select * from workstation.entity loop
        execute format('drop trigger if exists stamp on workstation.%1$I;
            drop trigger if exists capture_added on workstation.%1$I;
            drop trigger if exists capture_changed on workstation.%1$I;
            drop trigger if exists capture_removed on workstation.%1$I;
            create trigger stamp before insert or update on workstation.%1$I
                for each row execute function workstation.stamp(%2$L);
            create trigger capture_added after insert on workstation.%1$I referencing new table as new_rows
                for each statement execute function workstation.capture_added();
            create trigger capture_changed after update on workstation.%1$I
                referencing old table as old_rows new table as new_rows
                for each statement execute function workstation.capture_changed();
            create trigger capture_removed after delete on workstation.%1$I referencing old table as old_rows
                for each statement execute function workstation.capture_removed();',
            e.name, case when e.about_customer then 'about_customer' else '' end);
    end loop;
end $$;

-- What no desk could read, nobody may write: an instant beyond the years 1 to 9999, JSON in JSON.
do $$
declare c record;
begin
    for c in select a.attrelid::regclass as tab, e.name || '_' || a.attname || '_readable' as name, case
            when a.atttypid = 'timestamptz'::regtype
                then format('%I between ''0001-01-01 00:00+00'' and ''9999-12-31 23:59:59.999999+00''', a.attname)
            else format('jsonb_typeof(%1$I) = %2$L and not jsonb_path_exists(%1$I, ''%3$s ? (@.type() == "object" '
                '|| @.type() == "array")'')', a.attname, f.kind, case f.kind when 'object' then '$.*' else '$[*]' end) end as rule
        from workstation.entity e
        join pg_attribute a on a.attrelid = format('workstation.%I', e.name)::regclass and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        cross join lateral (select case when pg_get_expr(d.adbin, d.adrelid) like '''{%' then 'object' else 'array' end as kind) f
        where a.atttypid in ('timestamptz'::regtype, 'jsonb'::regtype)
    loop
        execute format('alter table %s drop constraint if exists %I', c.tab, c.name);
        execute format('alter table %s add constraint %I check (%s) not valid', c.tab, c.name, c.rule);
    end loop;
end $$;
