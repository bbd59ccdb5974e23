//! EPCIS: the standard's own examples, broken and hostile documents, made-up events, and Muster's custody events.

mod examples;
