-- Where a consignment was going that turned up at another place, until it goes on from there or is sent elsewhere.
ALTER TABLE consignment ADD COLUMN sent_to TEXT;
