-- People hear of an endpoint in messages: one for each contact, and one for the log. Each has an outcome of its own (docs/adr/0019).

-- The state of each address in tenants.contacts, which stays the list. One that is not here was set before there were states, and is trusted.
create table contacts (
  id text collate "C" primary key,
  tenant_id text collate "C" not null references tenants,
  address text not null,
  state text not null check (state in ('pending', 'verified', 'unsubscribed', 'undeliverable')),
  -- what the newest link is checked against: one that was used, or that a newer one has replaced, opens nothing
  link_nonce bytea,
  link_expires_at timestamptz,
  -- the mail server's code when it refused the address for good
  refusal text,
  changed_at timestamptz not null default now()
);
create unique index contacts_by_address on contacts (tenant_id, lower(address));

-- All that one recipient has not heard yet of one endpoint, or a link.
create table messages (
  id text collate "C" primary key,
  tenant_id text collate "C" not null,
  -- '': a link
  endpoint_id text collate "C" not null default '',
  channel text not null,
  -- '': the log
  contact_id text collate "C" not null default '',
  created_at timestamptz not null default now(),
  -- when it may be sent; while somebody sends it, when the others may
  due_at timestamptz not null,
  -- somebody has begun to send it and has not heard that it was not taken: nothing joins it any more
  began_at timestamptz,
  -- it counts against the bounds once, however often it is tried
  counted_at timestamptz,
  -- how often its recipient was refused for the time being, and since when
  deferrals integer not null default 0,
  deferred_since timestamptz,
  settled_at timestamptz,
  outcome text check (outcome in ('sent', 'refused', 'unsure', 'dropped'))
);
create unique index messages_open on messages (endpoint_id, channel, contact_id) where settled_at is null and began_at is null;
create index messages_due on messages (due_at) where settled_at is null;
create index messages_unsettled on messages (endpoint_id, channel, contact_id) where settled_at is null;
create index messages_sent on messages (endpoint_id, channel, contact_id, settled_at) where outcome = 'sent';
create index messages_links on messages (contact_id, created_at) where endpoint_id = '';
create index messages_settled on messages (settled_at) where settled_at is not null;

-- What a message tells of: notices, which are exhausted deliveries (deliveries.notice_id) and operational events.
create table message_notices (
  message_id text collate "C" not null,
  notice_id text collate "C" not null,
  primary key (message_id, notice_id)
);
create index message_notices_by_notice on message_notices (notice_id);
create table notice_events (
  event_id text collate "C" primary key,
  notice_id text collate "C" not null
);
create index notice_events_by_notice on notice_events (notice_id);

-- From then on nothing joins the notice. Those of this version have sending_until = 'infinity', so that the version before leaves them alone.
alter table notices add column closed_at timestamptz;

-- How many messages went to an address, or for a tenant, in a span of time.
create table message_counts (
  -- what is counted, and of whom; of an address its hash
  counter text collate "C" not null,
  span_start timestamptz not null,
  count integer not null,
  primary key (counter, span_start)
);
