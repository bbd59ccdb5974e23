//! Addresses: texts as parts of them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a part of an address as it is (RFC 3986, unreserved).
const AS_IT_IS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of an address or a value of its query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, AS_IT_IS).to_string()
}
