-- Dead letters: operations that central could not carry out, with their payload, until an administrator applies or drops
-- them; and since when work waits on each desk.

-- One text value of a payload, which may be no JSON that PostgreSQL reads: that may be why it is here. Quotes inside a
-- value are escaped, so that nothing an agent typed is taken for a name.
create or replace function workstation.said_in(payload text, name text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select (regexp_match(payload, format('"%s": *"([A-Za-z0-9_-]{1,60})"', name)))[1]
$$;

create or replace function workstation.is_there(p_entity text, p_id text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare found_it boolean;
begin
    if p_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' or not exists (select from workstation.entity e where e.name = p_entity) then
        return false;
    end if;
    execute format('select exists (select from workstation.%I t where t.id = $1)', p_entity) into found_it using p_id::uuid;
    return found_it;
end $$;

-- All of them without their texts. `replaced`: its record came by another way, most likely corrected at its desk.
create or replace view workstation.dead_letter as
    select r.op_id, r.n, a.login as agent, coalesce(d.host, '') as host, r.device, p.kind, p.entity, p.record, r.reason, r.at,
        r.decided_at, r.decided_by, r.decided_why, case when r.decided is not null then r.decided
            when exists (select from workstation.op_applied o where o.op_id::text = r.op_id and o.agent_id = r.agent_id) then 'applied'
            when p.kind = 'add' and workstation.is_there(p.entity, p.record) then 'replaced' else 'waiting' end as state
    from workstation.op_rejected r join workstation.agent a on a.id = r.agent_id
    left join workstation.device d on d.device = r.device and d.agent_id = r.agent_id
    cross join lateral (select workstation.said_in(r.payload, 'kind') as kind, workstation.said_in(r.payload, 'entity') as entity,
        workstation.said_in(r.payload, 'id') as record) p
    where r.status = 'quarantined';

-- Carry one out in its author's name, with the author's rights, as a push would: once, whoever repeats it. The outcome is
-- `again` (with what was decided before), `foreign` (its payload is another operation's), `replaced`, or push's own status;
-- for whatever is not applied, merged, conflict or duplicate the caller rolls back. Errors are raised: they say what is
-- still wrong.
create or replace function workstation.apply_dead_letter(p_op_id text) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare letter workstation.op_rejected; me workstation.agent; op jsonb; done record; is_known boolean;
begin
    select * into strict letter from workstation.op_rejected r where r.op_id = p_op_id and r.status = 'quarantined' for update;
    if letter.decided is not null then
        return jsonb_build_object('outcome', 'again', 'decided', letter.decided);
    end if;
    op := letter.payload::jsonb;
    select * into strict me from workstation.agent a where a.id = letter.agent_id;
    if jsonb_typeof(op) <> 'object' or op ->> 'op_id' is distinct from letter.op_id then
        return jsonb_build_object('outcome', 'foreign');
    end if;
    is_known := exists (select from workstation.op_applied o where o.op_id = (op ->> 'op_id')::uuid);
    if not is_known and op ->> 'kind' = 'add' and workstation.is_there(op ->> 'entity', op ->> 'id') then
        return jsonb_build_object('outcome', 'replaced');
    end if;
    select * into strict done from workstation.push_as(me, letter.device, jsonb_build_array(op));
    update workstation.op_rejected r set decided = 'applied', decided_at = now(), decided_by = session_user
    where r.op_id = p_op_id and r.status = 'quarantined';
    insert into workstation.audit (actor, verb, detail) values (session_user, 'dead_letter_applied',
        jsonb_build_object('op_id', letter.op_id, 'agent', me.id, 'entity', op -> 'entity', 'id', op -> 'id'));
    return jsonb_build_object('outcome', done.status, 'version', done.version, 'detail', done.detail);
end $$;

-- What became of operations that this desk put aside: push's answer for those that were applied since, nothing for others.
create or replace function api.decided(p_device uuid, p_epoch text, p_ops jsonb)
returns table (op_id uuid, n bigint, status text, version bigint, detail jsonb, "row" jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare me workstation.agent := workstation.caller(); known record;
begin
    perform workstation.same_central(p_epoch);
    if jsonb_array_length(p_ops) > 500 then
        raise exception 'more than 500 operations' using errcode = '54000';
    end if;
    for known in select a.entity, array_agg(o.op) as ops from jsonb_array_elements(p_ops) o(op)
        join workstation.op_applied a on a.op_id = (o.op ->> 'op_id')::uuid and a.agent_id = me.id group by a.entity
    loop
        return query select * from workstation.answer_again(me, known.entity, known.ops);
    end loop;
    -- The desk may have numbered them anew since; it takes a lower last number for a central that went back.
    update workstation.device d set last_n = greatest(d.last_n, (select max((o ->> 'n')::bigint) from jsonb_array_elements(p_ops) o
        join workstation.op_applied a on a.op_id = (o ->> 'op_id')::uuid and a.agent_id = me.id))
    where d.device = p_device and d.agent_id = me.id;
end $$;

-- Since when there is something: at hello, report and beat a figure comes without a time. arguments: figure, column.
create or replace function workstation.note_since() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare figures jsonb := to_jsonb(new); before jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) else '{}' end; at integer;
begin
    for at in 0 .. tg_nargs / 2 - 1 loop
        if (figures ->> tg_argv[2 * at])::bigint = 0 then
            figures := figures || jsonb_build_object(tg_argv[2 * at + 1], null);
        elsif coalesce((before ->> tg_argv[2 * at])::bigint, 0) = 0 then
            figures := figures || jsonb_build_object(tg_argv[2 * at + 1], clock_timestamp());
        end if;
    end loop;
    return jsonb_populate_record(new, figures);
end $$;

drop trigger if exists since on workstation.device;
create trigger since before update on workstation.device for each row
    when (old.waiting <> new.waiting or old.refused <> new.refused)
    execute function workstation.note_since('waiting', 'waiting_since', 'refused', 'refused_since');
drop trigger if exists since on workstation.presence;
create trigger since before update on workstation.presence for each row
    when (old.waiting <> new.waiting or old.undecided <> new.undecided)
    execute function workstation.note_since('waiting', 'waiting_since', 'undecided', 'refused_since');
drop trigger if exists since_first on workstation.presence;
create trigger since_first before insert on workstation.presence for each row when (new.waiting > 0 or new.undecided > 0)
    execute function workstation.note_since('waiting', 'waiting_since', 'undecided', 'refused_since');
