-- Webhooks tell what orders and nominations came to by the entries that say so.

CREATE INDEX work_order_step_entry ON work_order_step (entry);
CREATE INDEX nomination_step_entry ON nomination_step (entry);
