-- @outside-transaction
-- The payload was due to be removed before the delivery had ended: it goes when it has. The index holds those that have.
alter table deliveries add column if not exists prune_at_end boolean;
create index concurrently if not exists deliveries_prune_at_end on deliveries (tenant_id, event_id)
  where prune_at_end and status in ('succeeded', 'failed', 'cancelled');
