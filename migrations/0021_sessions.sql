-- Sessions of the pages. Cookies, bearers and codes are 256 random bits, of which only the SHA-256 is kept. What has ended is deleted.

-- A key's rights in a browser.
create table sessions (
  id text collate "C" primary key,
  hash bytea unique not null,
  -- the key that was exchanged for it, whose rights it has; `admin`: the one from the environment
  key_id text collate "C" not null,
  -- a MAC of the environment's admin key under the cookie's value: another admin key ends the session
  admin_proof bytea,
  -- of the key
  tenant_id text collate "C" references tenants,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- to the minute
  last_used_at timestamptz
);
create index sessions_of_tenant on sessions (tenant_id, id);
create index sessions_of_key on sessions (key_id, id);
create index sessions_by_end on sessions (expires_at);

-- Each is exchanged once, for a session with the rights of the environment's admin key.
create table sign_in_codes (
  hash bytea primary key,
  admin_proof bytea not null,
  expires_at timestamptz not null
);
create index sign_in_codes_by_end on sign_in_codes (expires_at);

-- What a tenant's customer may see and do, by a link.
create table portal_sessions (
  id text collate "C" primary key,
  tenant_id text collate "C" not null references tenants,
  -- the key that made it, whose end is its end; `admin`: the one from the environment
  key_id text collate "C" not null,
  -- of the link's code; null once it is exchanged
  code_hash bytea unique,
  bearer_hash bytea unique,
  capabilities text[] not null,
  return_url text,
  -- text, not jsonb: it is only ever handed on
  theme text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  exchanged_at timestamptz,
  -- to the minute
  last_used_at timestamptz
);
create index portal_sessions_of_tenant on portal_sessions (tenant_id, id);
create index portal_sessions_of_key on portal_sessions (key_id);
create index portal_sessions_by_end on portal_sessions (expires_at);
