//! Bytes to text: UTF-8, UTF-16 and Windows-1252. It must not put a replacement character where it does not know: what cannot be
//! decoded is an error with its line.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use muster_domain::{message, message::Message};

/// How many bytes are looked at to recognise UTF-16 that has no byte order mark.
const SNIFFED: usize = 4_096;

/// Why bytes are not text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// The line of the first bytes that cannot be decoded, counted from 1.
    pub(crate) line: u64,
    /// What is wrong.
    pub(crate) message: Message,
}

/// Decodes a file: by its byte order mark; else as UTF-16 when every other byte is zero as in text of that encoding; else as UTF-8;
/// else as Windows-1252, of which Latin-1 is a part.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, Undecodable> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(encoding, &bytes[mark..]);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return strict(encoding, bytes);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let (good, rest) = bytes.split_at(error.valid_up_to());
            // Text in Windows-1252 hardly ever looks like UTF-8 by chance, so a file that has both is a damaged one.
            if !good.is_ascii() {
                return Err(Undecodable { line: line_of(good), message: message!("not-utf-8", byte = hex(rest[0])) });
            }
            windows_1252(bytes)?
        }
    };
    match text.bytes().position(|b| b == 0) {
        Some(at) => Err(Undecodable { line: line_of(&text.as_bytes()[..at]), message: message!("zero-byte") }),
        None => Ok(text),
    }
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Undecodable> {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text.into_owned());
    }
    // With replacement the first such character tells the line.
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let before = text.split('\u{FFFD}').next().unwrap_or_default();
    Err(Undecodable {
        line: line_of(before.as_bytes()),
        message: message!("not-in-encoding", encoding = encoding.name()),
    })
}

fn windows_1252(bytes: &[u8]) -> Result<String, Undecodable> {
    let undefined = |b: &u8| matches!(b, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    if let Some(at) = bytes.iter().position(undefined) {
        let message = message!("not-windows-1252", byte = hex(bytes[at]));
        return Err(Undecodable { line: line_of(&bytes[..at]), message });
    }
    Ok(WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
}

/// Tables are mostly separators, digits and Latin letters, whose high byte is zero in UTF-16.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half == 0 {
        return None;
    }
    match (even * 10 > half * 6, odd * 10 > half * 6) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

fn hex(byte: u8) -> String {
    format!("0x{byte:02X}")
}

fn line_of(before: &[u8]) -> u64 {
    1 + before.iter().filter(|b| **b == b'\n').count() as u64
}

/// Whether the bytes begin like a JSON document, in any of the encodings.
pub(crate) fn begins_with_brace(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes);
    let plain = |b: &&u8| !matches!(b, 0 | 0xFE | 0xFF) && !b.is_ascii_whitespace();
    bytes.iter().take(SNIFFED).find(plain) == Some(&b'{')
}

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "code,name\nA,Zürich € “quoted”\n";
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(text.as_bytes());
        let latin = WINDOWS_1252.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), marked, latin] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
        for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(decode(&utf16(text, mark, big)).as_deref(), Ok(text), "{mark} {big}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_names_its_line() {
        let line = |bytes: &[u8]| decode(bytes).map_err(|e| e.line);
        assert_eq!(line(b"\xEF\xBB\xBFa\nb\xFF"), Err(2));
        assert_eq!(line("ä\nb".as_bytes().iter().copied().chain([0xE4, b'x']).collect::<Vec<_>>().as_slice()), Err(2));
        assert_eq!(line(b"a\n\nb\x81"), Err(3));
        assert_eq!(line(b"a\nb\0c"), Err(2));
        let mut odd = utf16("a\nb", true, false);
        odd.push(0x41);
        assert!(decode(&odd).is_err());
        let lone = [0xFF, 0xFE, 0x41, 0, 0x0A, 0, 0, 0xD8, 0x42, 0];
        assert_eq!(line(&lone), Err(2));
    }

    #[test]
    fn an_empty_file_is_empty_text() {
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }
}
