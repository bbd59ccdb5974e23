//! How the planner's cost grows with the size of what is planned, as a picture: both axes by powers of ten.

use std::fmt::Write;

/// One instance solved.
#[derive(Debug, Clone)]
pub(super) struct Solve {
    pub(super) size: String,
    /// Offers and wants together.
    pub(super) members: f64,
    /// Of the processor.
    pub(super) seconds: f64,
    pub(super) memory_mib: f64,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 56.0;
/// Ink for seconds and for memory; both readable on white and for those who see no red.
const SECONDS: &str = "#0b5fa5";
const MEMORY: &str = "#b35900";

/// Draws seconds and memory over the number of offers and wants.
pub(super) fn picture(solves: &[Solve]) -> String {
    let x = Axis::over(solves.iter().map(|s| s.members), MARGIN, WIDTH - MARGIN);
    let y = Axis::over(solves.iter().flat_map(|s| [s.seconds, s.memory_mib]), HEIGHT - MARGIN, MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Seconds of the processor and memory of a solve, by offers and wants together</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    for (value, at) in x.powers() {
        let (top, bottom, label) = (MARGIN, HEIGHT - MARGIN, bottom_label(HEIGHT));
        line(&mut svg, (at, top), (at, bottom));
        text(&mut svg, (at, label), "middle", "#333333", &short(value));
    }
    for (value, at) in y.powers() {
        line(&mut svg, (MARGIN, at), (WIDTH - MARGIN, at));
        text(&mut svg, (MARGIN - 6.0, at + 4.0), "end", "#333333", &short(value));
    }
    let middle = f64::midpoint(MARGIN, WIDTH - MARGIN);
    text(&mut svg, (middle, HEIGHT - 14.0), "middle", "#333333", "offers and wants");
    text(&mut svg, (MARGIN, MARGIN - 34.0), "start", SECONDS, "● seconds of the processor");
    text(&mut svg, (MARGIN, MARGIN - 16.0), "start", MEMORY, "■ memory in MiB");
    for solve in solves {
        let (at, seconds, memory) = (x.at(solve.members), y.at(solve.seconds), y.at(solve.memory_mib));
        let _ = writeln!(
            svg,
            "<circle cx=\"{at:.1}\" cy=\"{seconds:.1}\" r=\"4\" fill=\"{SECONDS}\"/>\n\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"{MEMORY}\"/>",
            at - 3.5,
            memory - 3.5
        );
    }
    let mut named = Vec::new();
    for solve in solves {
        if !named.contains(&&solve.size) {
            named.push(&solve.size);
            text(&mut svg, (x.at(solve.members), HEIGHT - MARGIN - 6.0), "middle", "#333333", &solve.size);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn bottom_label(height: f64) -> f64 {
    height - MARGIN + 18.0
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#d0d0d0\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, ink: &str, words: &str) {
    let (x, y) = at;
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{ink}\">{words}</text>");
}

fn short(value: f64) -> String {
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value}") }
}

/// Powers of ten along a line.
struct Axis {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Axis {
        let powers: Vec<f64> = values.filter(|v| *v > 0.0).map(f64::log10).collect();
        let least = powers.iter().copied().fold(f64::INFINITY, f64::min).floor().min(0.0);
        let most = powers.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil().max(least + 1.0);
        Axis { least, most, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(1e-9).log10() - self.least) / (self.most - self.least);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    fn powers(&self) -> Vec<(f64, f64)> {
        let powers = self.least as i32..=self.most as i32;
        powers.map(|power| 10_f64.powi(power)).map(|value| (value, self.at(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_solve_is_two_marks_and_each_size_is_named_once() {
        let solve = |members, seconds| Solve { size: "m".into(), members, seconds, memory_mib: 10.0 };
        let svg = picture(&[solve(995.0, 4.0), solve(1_000.0, 5.0)]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert_eq!(svg.matches(">m<").count(), 1);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }
}
