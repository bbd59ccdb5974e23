//! EPCIS: the standard's own examples, published hashes, broken and hostile documents, made-up events, and Muster's custody events.

mod broken;
mod custody;
mod examples;
mod hashes;
mod hostile;
mod random;
