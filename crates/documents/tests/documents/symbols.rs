//! A code that no machine reads is worth nothing: pages are drawn, and read back.

use hayro::{
    RenderCache, RenderSettings, hayro_interpret::InterpreterSettings, hayro_syntax::Pdf, render,
    vello_cpu::color::palette::css::WHITE,
};
use muster_documents::Language::{English, Ukrainian};
use muster_domain::document::DocumentKind;
use rxing::{BarcodeFormat, helpers::detect_in_luma};

use crate::{pages::print, sample};

/// A page as grey dots, as a printer of `dpi` dots to the inch has them: bytes, width, height.
fn drawn(bytes: &[u8], page: usize, dpi: f32) -> (Vec<u8>, u32, u32) {
    let pdf = Pdf::new(bytes.to_vec()).unwrap();
    let scale = dpi / 72.0;
    let settings = RenderSettings { x_scale: scale, y_scale: scale, bg_color: WHITE, ..RenderSettings::default() };
    let page = &pdf.pages()[page];
    let pixmap = render(page, &RenderCache::new(), &InterpreterSettings::default(), &settings);
    let (width, height) = (pixmap.width().into(), pixmap.height().into());
    (
        pixmap.data().iter().map(|dot| ((u16::from(dot.r) + u16::from(dot.g) + u16::from(dot.b)) / 3) as u8).collect(),
        width,
        height,
    )
}

fn read(bytes: &[u8], page: usize, dpi: f32, format: BarcodeFormat) -> String {
    let (dots, width, height) = drawn(bytes, page, dpi);
    detect_in_luma(dots, width, height, Some(format)).unwrap().getText().to_owned()
}

#[test]
fn the_bars_and_the_code_of_each_label_say_its_number() {
    let papers = sample::papers();
    let bytes = print("label-read", &papers, DocumentKind::Label, English);
    for (n, unit) in papers.handling_units.iter().enumerate() {
        // 203 dots to the inch is what common label printers have.
        for dpi in [203.0, 300.0] {
            let bars = read(&bytes, n, dpi, BarcodeFormat::CODE_128);
            assert_eq!(bars.trim_start_matches('\u{1d}'), format!("00{}", unit.sscc), "label {n} at {dpi}");
            assert_eq!(
                read(&bytes, n, dpi, BarcodeFormat::QR_CODE),
                unit.sscc.link().to_string(),
                "label {n} at {dpi}"
            );
        }
    }
}

#[test]
fn the_code_of_a_document_says_where_to_verify_it() {
    let papers = sample::papers();
    let qr = &papers.verification.as_ref().unwrap().qr;
    let languages = muster_documents::Languages { first: English, second: Some(Ukrainian) };
    for kind in DocumentKind::ALL.iter().filter(|kind| **kind != DocumentKind::Label) {
        let bytes = print("read", &papers, *kind, languages);
        assert_eq!(read(&bytes, 0, 200.0, BarcodeFormat::QR_CODE), *qr, "{kind}");
    }
}
