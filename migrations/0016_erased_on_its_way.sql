-- What is on its way while it is erased: the record of an attempt finds here what it may not keep. `payload`, or `tenant`,
-- which is everything.
alter table deliveries add column erased text;

-- The audit log is append-only, but for the name of a tenant's key, which is erased with its tenant.
create function refuse_change_but_erasure() returns trigger language plpgsql as $$
declare
  otherwise audit_log := new;
begin
  otherwise.actor_name := old.actor_name;
  -- As text: json has no equality.
  if new.actor_name is not null or otherwise::text is distinct from old::text then
    raise exception 'The audit log is append-only';
  end if;
  return new;
end $$;
create trigger append_only_rows before update on audit_log
  for each row execute function refuse_change_but_erasure();
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  -- What an update may do is decided row by row.
  if tg_op = 'UPDATE' then return null; end if;
  raise exception 'The audit log is append-only';
end $$;
