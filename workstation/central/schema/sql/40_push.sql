-- Push: operations of one desk, in order, each applied once. Rules are answered, not raised; an unexpected error fails
-- the whole batch and the desk halves it.

-- Of each of `given` ({field: [old, new]}) that may not be written the first reason. `editing` asks for may_edit instead of
-- may_add. For a whole batch in one question: a call for each operation costs more than all the rest of it.
drop function if exists workstation.why_not(text, jsonb, boolean);
create or replace function workstation.why_not(entity text, given jsonb[], editing boolean)
returns table (ord bigint, wrong jsonb)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select distinct on (g.ord) g.ord, jsonb_strip_nulls(jsonb_build_object('reason',
        case when k.name is null then 'unknown_field'
             when not case when editing then k.may_edit else k.may_add end then 'not_writable'
             when k.is_required and btrim(coalesce(f.value ->> 1, ''), E' \t\n\r\f\v') = '' then 'blank'
             else 'too_long' end, 'field', f.key, 'limit', k.max_chars))
    from unnest(given) with ordinality g(fields, ord) cross join lateral jsonb_each(g.fields) f
    left join workstation.field k on k.entity = why_not.entity and k.name = f.key
    where k.name is null or not case when editing then k.may_edit else k.may_add end
        or (k.is_required and btrim(coalesce(f.value ->> 1, ''), E' \t\n\r\f\v') = '')
        or length(f.value ->> 1) > k.max_chars
    order by g.ord
$$;

-- Creations of one kind, all by one statement. Each field is read once, from where the operation says it: [old, new].
drop function if exists workstation.add_run(workstation.agent, uuid, workstation.entity, jsonb[], uuid[]);
create or replace function workstation.add_all(me workstation.agent, device uuid, e workstation.entity, ops jsonb[], bad uuid[])
returns table (ord bigint, id uuid, op_id uuid, n bigint, status text, version bigint, detail jsonb)
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    required text[] := array(select f.name from workstation.field f where f.entity = e.name and f.is_required);
    missing text := (select string_agg(format(
            ' when g.given -> %1$L ->> 1 is not null and not exists (select from workstation.%2$I x
                  where x.id = (g.given -> %1$L ->> 1)::uuid and x.scope_id = any($5))
              then jsonb_build_object(''reason'', ''unknown_reference'', ''field'', %1$L)', f.name, f.refers_to), '')
        from workstation.field f
        where f.entity = e.name and f.refers_to is not null and f.name not in ('customer_id', coalesce(e.author, '')));
    whose text := case when e.about_customer
        then 'left join workstation.customer c on c.id = (g.given -> ''customer_id'' ->> 1)::uuid
              left join workstation.customer s on s.id = coalesce(c.merged_into, c.id)' else '' end;
    scope text := case when e.about_customer then 's.scope_id'
        else 'coalesce((g.given -> ''scope_id'' ->> 1)::bigint, (($6).scopes ->> 0)::bigint)' end;
    names text; takes text;
begin
    select string_agg(format('%I', a.attname), ', ' order by a.attnum), string_agg(case
            when a.attname in ('id', 'scope_id') then format('j.%I', a.attname)
            when a.attname = 'version' then '0'
            when a.attname = 'customer_id' and e.about_customer then 'j.customer'
            when a.attname = e.author then '($6).id'
            when a.atttypid = 'jsonb'::regtype then format('case when j.given ? %1$L then nullif(j.given -> %1$L -> 1, ''null'')
                else $8 -> %1$L end', a.attname)
            else format('case when j.given ? %1$L then (j.given -> %1$L ->> 1)::%2$s else ($8 ->> %1$L)::%2$s end',
                a.attname, format_type(a.atttypid, a.atttypmod)) end, ', ' order by a.attnum)
    into names, takes from pg_attribute a
    where a.attrelid = format('workstation.%I', e.name)::regclass and a.attnum > 0 and not a.attisdropped;
    return query execute format($run$
        with given as materialized (
            select u.ord, u.op -> 'needs' as needs, (u.op ->> 'op_id')::uuid as op_id, (u.op ->> 'n')::bigint as n,
                (u.op ->> 'id')::uuid as id, coalesce(u.op -> 'set', '{}') as given
            from unnest($1) with ordinality u(op, ord)
        ), looked as materialized (
            select g.*, %1$s as customer, %2$s as scope_id, x.id is not null as is_there,
                case when not g.given ?& $3
                     then jsonb_build_object('reason', 'blank', 'field',
                         (select r from unnest($3) r where not g.given ? r limit 1))
                     %3$s else w.wrong end as wrong
            from given g left join workstation.%4$I x on x.id = g.id
            left join workstation.why_not($4, array(select i.given from given i order by i.ord), false) w on w.ord = g.ord %5$s
        ), judged as materialized (
            select l.*, case
                when l.id = any($2) or exists (select from jsonb_array_elements_text(l.needs) w where w::uuid = any($2))
                    then 'held'
                when l.is_there then 'there'
                when coalesce(l.scope_id, 0) = 0 or l.wrong is not null or not l.scope_id = any($5) then 'refused'
                else 'applied' end as status
            from looked l
        ), added as (
            insert into workstation.%4$I (%6$s)
            select %7$s from judged j where j.status = 'applied' order by j.ord
            returning id, version
        ), logged as (
            insert into workstation.op_applied (op_id, device, n, agent_id, entity, entity_id, status, version)
            select j.op_id, $7, j.n, ($6).id, $4, j.id, 'applied', a.version from judged j join added a on a.id = j.id
        )
        select j.ord, j.id, j.op_id, j.n, j.status, a.version,
            case when j.status = 'refused' then coalesce(j.wrong, jsonb_build_object('reason', 'unknown_customer')) end
        from judged j left join added a on a.id = j.id order by j.ord
        $run$,
        case when e.about_customer then 's.id' else 'g.id' end, scope, coalesce(missing, ''), e.name, whose, names, takes)
    using ops, bad, required, e.name, workstation.scopes_of(me), me, device, e.defaults;
end $$;

-- Rights that depend on what a record was and becomes (product.md 3.17); a reason when refused, else null.
-- Do-not-contact is also lifted by emptying it and by ending it earlier. A supervisor reassigns within the own team.
create or replace function workstation.not_allowed(me workstation.agent, entity text, before jsonb, given jsonb) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case
        when entity = 'customer' and me.role = 'agent' and before ->> 'do_not_contact' is not null and (
            given ? 'do_not_contact' and btrim(coalesce(given ->> 'do_not_contact', ''), E' \t\n\r\f\v') = ''
            or (given ->> 'do_not_contact_until')::timestamptz
                < coalesce((before ->> 'do_not_contact_until')::timestamptz, 'infinity')) then 'lift_do_not_contact'
        when entity = 'callback' and before ->> 'owner_id' is not null and before ->> 'owner_id' <> me.id::text
            and me.role <> 'admin'
            and not (me.role = 'supervisor' and exists (select from workstation.agent a
                where a.id = (before ->> 'owner_id')::uuid and a.team_id = me.team_id))
            and not coalesce(given ->> 'owner_id' = me.id::text and (me.role in ('senior', 'supervisor')
                or coalesce(given ->> 'state_reason', '') ~ '[^[:space:]]'), false) then 'not_your_callback'
    end
$$;

-- Why a reference may not be written: what it names is not there, or not for this agent to know.
create or replace function workstation.points_nowhere(me workstation.agent, entity text, given jsonb) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare f record; is_there boolean;
begin
    for f in select k.name, k.refers_to from workstation.field k
        where k.entity = points_nowhere.entity and k.refers_to is not null and given ->> k.name is not null
    loop
        execute format('select exists (select from workstation.%I t where t.id = $1 and t.scope_id = any($2))', f.refers_to)
        into is_there using (given ->> f.name)::uuid, workstation.scopes_of(me);
        if not is_there then
            return jsonb_build_object('reason', 'unknown_reference', 'field', f.name);
        end if;
    end loop;
    return null;
end $$;

-- One operation on a record that is there: field by field, compared as values of the column's type (sync.md, section 4).
create or replace function workstation.edit_one(me workstation.agent, e workstation.entity, op jsonb, adding boolean,
    out status text, out version bigint, out detail jsonb, out "row" jsonb)
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    wanted uuid := (op ->> 'id')::uuid;
    fields jsonb; given jsonb; was jsonb; wrong jsonb; right_missing text; f record;
    columns text; apply jsonb := '{}'; lost text[] := '{}'; agreed boolean := true; wins boolean;
begin
    execute format('select to_jsonb(t) from workstation.%I t where t.id = $1 and t.scope_id = any($2) for no key update', e.name)
    into "row" using wanted, workstation.scopes_of(me);
    status := 'refused';
    if "row" is null then
        detail := jsonb_build_object('reason', 'unknown_record'); return;
    end if;
    version := ("row" ->> 'version')::bigint;
    select coalesce(jsonb_object_agg(x.key, x.value), '{}'), coalesce(jsonb_object_agg(x.key, x.value -> 1), '{}'),
        coalesce(jsonb_object_agg(x.key, x.value -> 0), '{}')
    into fields, given, was from jsonb_each(op -> 'set') x
    where not adding or exists (select from workstation.field k where k.entity = e.name and k.name = x.key and k.may_edit);
    wrong := coalesce((select w.wrong from workstation.why_not(e.name, array[fields], true) w),
        workstation.points_nowhere(me, e.name, given));
    right_missing := workstation.not_allowed(me, e.name, "row", given);
    if wrong is not null or right_missing is not null then
        detail := coalesce(wrong, jsonb_build_object('reason', right_missing)); return;
    end if;
    execute format('select to_jsonb(jsonb_populate_record(null::workstation.%1$I, $1)), to_jsonb(jsonb_populate_record(null::workstation.%1$I, $2))',
        e.name) into given, was using given, was;
    for f in select x.key, given -> x.key as mine, was -> x.key as before, "row" -> x.key as theirs, k.is_safer
        from jsonb_object_keys(op -> 'set') x(key) join workstation.field k on k.entity = e.name and k.name = x.key and k.may_edit
    loop
        if f.mine is not distinct from f.theirs then
            continue;
        end if;
        if f.theirs is not distinct from f.before then
            apply := apply || jsonb_build_object(f.key, f.mine); continue;
        end if;
        if e.name = 'conflict' then -- Decided twice: who took the other value wins over who left things as they were.
            if given ->> 'resolution' = 'lost' and "row" ->> 'resolution' = 'kept' then
                apply := apply || jsonb_build_object(f.key, f.mine);
            end if;
            continue;
        end if;
        agreed := false;
        wins := f.is_safer and f.theirs in ('null', 'false') and f.mine not in ('null', 'false');
        if wins then apply := apply || jsonb_build_object(f.key, f.mine); else lost := lost || f.key; end if;
        insert into workstation.conflict (scope_id, customer_id, entity, entity_id, field, kept, lost, before, lost_by, op_id)
        values (("row" ->> 'scope_id')::bigint,
            case when e.name = 'customer' then wanted else ("row" ->> 'customer_id')::uuid end, e.name, wanted, f.key,
            case when wins then f.mine else f.theirs end, case when wins then f.theirs else f.mine end, f.before,
            case when wins then null else me.id end, (op ->> 'op_id')::uuid);
    end loop;
    if apply <> '{}' then
        select string_agg(format('%1$I = r.%1$I', c), ', ') into columns from jsonb_object_keys(apply) c;
        execute format('update workstation.%1$I t set %2$s from jsonb_populate_record(null::workstation.%1$I, $1) r
            where t.id = $2 returning to_jsonb(t), t.version', e.name, columns) into "row", version using apply, wanted;
    end if;
    status := case when not agreed then 'conflict' when adding or (select count(*) from jsonb_object_keys(apply))
        < (select count(*) from jsonb_object_keys(op -> 'set')) then 'merged' else 'applied' end;
    detail := case when status = 'conflict' then jsonb_build_object('lost', to_jsonb(lost)) end;
end $$;

create or replace function api.push(p_device uuid, p_epoch text, p_ops jsonb)
returns table (op_id uuid, n bigint, status text, version bigint, detail jsonb, "row" jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
    me workstation.agent := workstation.caller();
begin
    perform workstation.same_central(p_epoch);
    perform set_config('synchronous_commit', 'on', true);
    if jsonb_array_length(p_ops) > 500 then
        raise exception 'more than 500 operations' using errcode = '54000';
    end if;
    if pg_column_size(p_ops) > (case when jsonb_array_length(p_ops) > 1 then 1048576 else 2097152 end) then
        raise exception 'more than a batch may hold' using errcode = '54000';
    end if;
    return query select * from workstation.push_as(me, p_device, p_ops);
end $$;

-- The operations of one agent's desk, in that agent's name and with that agent's rights. What administrators apply after
-- a correction goes this way too.
create or replace function workstation.push_as(me workstation.agent, p_device uuid, p_ops jsonb)
returns table (op_id uuid, n bigint, status text, version bigint, detail jsonb, "row" jsonb)
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
    e workstation.entity; run record; r record; bad uuid[] := '{}'; edited record;
begin
    perform from workstation.device d where d.device = p_device and d.agent_id = me.id for update;
    if not found then
        raise exception 'no hello from this desk' using errcode = 'WS001';
    end if;
    perform workstation.lock_records(me, p_ops);
    for run in
        with given as materialized (
            select o.ord, o.op, o.op ->> 'entity' as entity, o.op ->> 'kind' as kind, (o.op ->> 'op_id')::uuid as op_id,
                -- What stands on what: a kind only on those before it.
                coalesce(array_position(array['customer', 'contact_point', 'contact', 'callback', 'note'], o.op ->> 'entity'),
                    6) as rank
            from jsonb_array_elements(p_ops) with ordinality o(op, ord)
        ), made as materialized (
            select g.op ->> 'id' as id, max(g.rank) as rank from given g where g.kind = 'add' group by 1
        ), wanted as materialized ( -- apart: joined at once with what is made, every operation was held against every other
            select g.ord, g.rank, g.op ->> 'id' as id, w.value as need
            from given g cross join lateral jsonb_array_elements_text(g.op -> 'needs') w
        ), backwards as materialized ( -- stands on what is created here and by its kind comes later, or on its own kind
            select distinct w.ord from wanted w join made m on m.id = w.need where m.rank >= w.rank and m.id <> w.id
        ), known as materialized (
            select g.*, a.op_id is not null as is_repeat, a.op_id is null
                and (g.kind is distinct from 'add' or b.ord is not null or x.name is null) as is_alone
            from given g left join workstation.op_applied a on a.op_id = g.op_id left join backwards b on b.ord = g.ord
            left join workstation.entity x on x.name = g.entity and x.addable
        ), parted as ( -- between two that go alone, all creations of one kind go in by one statement
            select k.*, 2 * count(*) filter (where k.is_alone) over (order by k.ord) - k.is_alone::integer as part from known k
        )
        select p.entity, p.kind, p.is_repeat, array_agg(p.op order by p.ord) as ops from parted p
        group by p.part, p.entity, p.kind, p.is_repeat order by p.part, min(p.rank), min(p.ord)
    loop
        if run.is_repeat then
            return query select * from workstation.answer_again(me, run.entity, run.ops);
            continue;
        end if;
        e := workstation.known_entity(run.entity);
        if run.kind = 'add' and e.addable then
            for r in select * from workstation.add_all(me, p_device, e, run.ops, bad) loop
                op_id := r.op_id; n := r.n; status := r.status; version := r.version; detail := r.detail; "row" := null;
                if r.status = 'there' then
                    select * into edited from workstation.edit_one(me, e, run.ops[r.ord], true);
                    status := edited.status; version := edited.version; detail := edited.detail; "row" := edited."row";
                    perform workstation.remember(me, p_device, run.ops[r.ord], status, version, detail);
                end if;
                if status in ('refused', 'held') then bad := bad || r.id; end if;
                if status = 'refused' then perform workstation.reject(me, p_device, run.ops[r.ord], detail); end if;
                return next;
            end loop;
            continue;
        end if;
        op_id := (run.ops[1] ->> 'op_id')::uuid; n := (run.ops[1] ->> 'n')::bigint;
        status := 'refused'; version := null; detail := jsonb_build_object('reason', 'not_writable'); "row" := null;
        if (run.ops[1] ->> 'id')::uuid = any(bad)
            or exists (select from jsonb_array_elements_text(run.ops[1] -> 'needs') w where w::uuid = any(bad)) then
            status := 'held'; detail := null;
        elsif run.kind = 'edit' then
            select * into edited from workstation.edit_one(me, e, run.ops[1], false);
            status := edited.status; version := edited.version; detail := edited.detail;
            "row" := case when status = 'applied' then null else edited."row" end;
            perform workstation.remember(me, p_device, run.ops[1], status, version, detail);
        end if;
        if status in ('refused', 'held') then bad := bad || (run.ops[1] ->> 'id')::uuid; end if;
        if status = 'refused' then perform workstation.reject(me, p_device, run.ops[1], detail); end if;
        return next;
    end loop;
    update workstation.device d set seen_at = now(), last_n = greatest(d.last_n,
        (select max((o ->> 'n')::bigint) from jsonb_array_elements(p_ops) o
         join workstation.op_applied a on a.op_id = (o ->> 'op_id')::uuid))
    where d.device = p_device and d.agent_id = me.id;
end $$;

-- Edited records are locked in the order of their ids, so that two desks never wait for each other.
create or replace function workstation.lock_records(me workstation.agent, ops jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare run record;
begin
    for run in select o ->> 'entity' as entity, array_agg((o ->> 'id')::uuid) as ids from jsonb_array_elements(ops) o
        where o ->> 'kind' = 'edit' group by 1 order by 1
    loop
        execute format('select from workstation.%I t where t.id = any($1) and t.scope_id = any($2) order by t.id for no key update',
            (workstation.known_entity(run.entity)).name) using run.ids, workstation.scopes_of(me);
    end loop;
end $$;

create or replace function workstation.remember(me workstation.agent, device uuid, op jsonb, status text, version bigint, detail jsonb)
returns void language sql set search_path = pg_catalog, pg_temp as $$
    insert into workstation.op_applied (op_id, device, n, agent_id, entity, entity_id, status, version, detail)
    select (op ->> 'op_id')::uuid, device, (op ->> 'n')::bigint, me.id, op ->> 'entity', (op ->> 'id')::uuid, status, version, detail
    where status in ('applied', 'merged', 'conflict')
$$;

create or replace function workstation.reject(me workstation.agent, device uuid, op jsonb, detail jsonb)
returns void language sql set search_path = pg_catalog, pg_temp as $$
    insert into workstation.op_rejected (op_id, status, device, n, agent_id, payload, reason)
    values (op ->> 'op_id', 'refused', device, (op ->> 'n')::bigint, me.id, op::text, detail::text) on conflict do nothing
$$;

-- A repeated operation gets its stored result, and the record as it is now, as far as the agent may still see it.
create or replace function workstation.answer_again(me workstation.agent, entity text, ops jsonb[])
returns table (op_id uuid, n bigint, status text, version bigint, detail jsonb, "row" jsonb)
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
begin
    return query execute format($run$
        select a.op_id, (u.op ->> 'n')::bigint, case when m.mine then 'duplicate' else 'refused' end,
            case when m.mine then a.version end,
            case when m.mine then a.detail else jsonb_build_object('reason', 'unknown_record') end, to_jsonb(t)
        from unnest($1) with ordinality u(op, ord)
        join workstation.op_applied a on a.op_id = (u.op ->> 'op_id')::uuid
        cross join lateral (select a.agent_id = ($2).id as mine) m
        left join workstation.%I t on t.id = a.entity_id and m.mine and t.scope_id = any($3) order by u.ord
        $run$, (workstation.known_entity(entity)).name)
    using ops, me, workstation.scopes_of(me);
end $$;

-- What central could not carry out and the desk put aside, kept here too, with its payload: once, and of one agent at most
-- 1,000 operations and 20 million characters within a day. The desk keeps its own.
create index if not exists op_rejected_agent on workstation.op_rejected (agent_id, at);
create or replace function api.put_aside(p_device uuid, p_op_id text, p_n bigint, p_payload text, p_reason text)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me workstation.agent := workstation.caller(); kept record;
begin
    if length(p_payload) > 2000000 then
        raise exception 'not a rejected operation' using errcode = '22023';
    end if;
    if exists (select from workstation.op_rejected r where r.op_id = left(p_op_id, 100) and r.status = 'quarantined') then
        return;
    end if;
    select count(*) as operations, coalesce(sum(length(r.payload)), 0) as characters into kept from workstation.op_rejected r
    where r.agent_id = me.id and r.status = 'quarantined' and r.at > now() - interval '1 day';
    if kept.operations >= 1000 or kept.characters + length(p_payload) > 20000000 then
        raise exception 'more than is kept of one agent within a day' using errcode = 'WS005';
    end if;
    insert into workstation.op_rejected (op_id, status, device, n, agent_id, payload, reason)
    values (left(p_op_id, 100), 'quarantined', p_device, p_n, me.id, p_payload, left(p_reason, 2000))
    on conflict (op_id, status) do nothing;
end $$;
