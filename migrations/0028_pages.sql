-- A type of a tenant's own that is no longer offered or accepted, and is still shown where it was used; null: it is in use.
alter table event_types add column archived_at timestamptz;

-- MACs of the environment's admin key under the link's code and under the bearer: another admin key ends what was made with this one. Null:
-- another key made it, or the version before.
alter table portal_sessions add column code_proof bytea, add column bearer_proof bytea;
