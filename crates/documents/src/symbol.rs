//! Symbols that machines read, as drawings: QR codes and GS1-128 bars.

use std::fmt::Write;

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

use muster_domain::gs1::Sscc;

/// Modules of white that a QR code needs around it (ISO/IEC 18004, 9.1).
const QR_MARGIN: usize = 4;

/// Modules of white that bars need on both sides (ISO/IEC 15417, 4.2.2).
const BAR_MARGIN: usize = 10;

/// A QR code as SVG, with its margin; `None` if it would have to hold more than it can.
pub(crate) fn qr(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colours = code.to_colors();
    let rows: Vec<Vec<bool>> =
        colours.chunks(width).map(|row| row.iter().map(|colour| *colour == Color::Dark).collect()).collect();
    Some(drawing(&rows, QR_MARGIN, QR_MARGIN))
}

/// The bars of an SSCC in GS1-128 as SVG, with their margin, one module high.
pub(crate) fn bars(sscc: &Sscc) -> String {
    // Set C, then FNC1, then the application identifier 00 and the code, two digits to a character.
    let bars = Code128::new(format!("\u{0106}\u{0179}{}{sscc}", Sscc::AI)).expect("digits are characters of set C");
    let row: Vec<bool> = bars.encode().into_iter().map(|module| module == 1).collect();
    drawing(&[row], BAR_MARGIN, 0)
}

/// Dark modules as one path, so that no line of light shows between neighbours. It may be stretched.
fn drawing(rows: &[Vec<bool>], left: usize, top: usize) -> String {
    let (width, height) = (rows.first().map_or(0, Vec::len) + 2 * left, rows.len() + 2 * top);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" preserveAspectRatio="none"><path d=""#
    );
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] {
                write!(svg, "M{} {}h{}v1h-{}z", x + left, y + top, run.len(), run.len()).expect("a text takes all");
            }
            x += run.len();
        }
    }
    svg.push_str(r#""/></svg>"#);
    svg
}

#[cfg(test)]
mod tests {
    use muster_domain::field::Field;

    use super::*;

    #[test]
    fn bars_have_the_width_that_the_standard_gives() {
        let sscc = Sscc::parse("376104250021234569").unwrap();
        // Start, FNC1, ten pairs and the check character of 11 modules, the stop of 13, and the margins.
        assert!(bars(&sscc).contains(&format!(r#"viewBox="0 0 {} 1""#, 13 * 11 + 13 + 20)));
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert!(qr("https://id.gs1.org/00/376104250021234569").is_some());
        assert_eq!(qr(&"x".repeat(3_000)), None);
    }
}
