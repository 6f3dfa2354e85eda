-- Why a person disabled the endpoint, in their words; null: nothing was said, it is enabled, or Tidings disabled it.
alter table endpoints add column disabled_note text;
