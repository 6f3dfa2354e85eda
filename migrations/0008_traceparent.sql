-- The span of the emit, as W3C Trace Context writes it: the parent of every attempt, however late (docs/adr/0006).
alter table events add column traceparent text;
