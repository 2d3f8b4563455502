//! Draws how the cost grows, as SVG: three panels, both axes logarithmic.

use std::fmt::Write as _;

use crate::rows::growth::Point;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 220.0;
/// Around each panel, for what is written there.
const MARGIN: f64 = 60.0;

/// What a panel shows.
struct Panel {
    title: &'static str,
    value: fn(&Point) -> f64,
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "mount until the first ls, s",
        value: |point| point.mount,
    },
    Panel {
        title: "resident memory after walks, MB",
        value: |point| point.memory,
    },
    Panel {
        title: "walk, kernel cold, files/s",
        value: |point| point.walk,
    },
];

/// Powers of ten that enclose some values.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(0.0, f64::max).log10().ceil();
        Self {
            low,
            high: high.max(low + 1.0),
        }
    }

    /// Returns where a value lies: 0 at the low end, 1 at the high end.
    fn at(&self, value: f64) -> f64 {
        (value.log10() - self.low) / (self.high - self.low)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        std::iter::successors(Some(low), move |tick| (*tick < high).then_some(tick + 1.0))
            .map(|power| 10_f64.powf(power))
    }
}

/// Returns the drawing.
pub(crate) fn draw(points: &[Point]) -> String {
    let (width, height) = (3.0 * (WIDTH + 2.0 * MARGIN), HEIGHT + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (panel, left) in PANELS.iter().zip([0.0, 1.0, 2.0]) {
        let left = left * (WIDTH + 2.0 * MARGIN) + MARGIN;
        let _ = writeln!(svg, "<g transform=\"translate({left} {MARGIN})\">");
        panel.draw(&mut svg, points);
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

impl Panel {
    fn draw(&self, svg: &mut String, points: &[Point]) {
        let x = Axis::around(points.iter().map(|point| f64::from(point.n_items)));
        let y = Axis::around(points.iter().map(self.value));
        self.draw_axes(svg, &x, &y);
        let mut line = String::new();
        for point in points {
            let across = x.at(f64::from(point.n_items)) * WIDTH;
            let down = (1.0 - y.at((self.value)(point))) * HEIGHT;
            let _ = write!(line, "{across:.1},{down:.1} ");
            let _ = writeln!(svg, "<circle cx=\"{across:.1}\" cy=\"{down:.1}\" r=\"3\"/>");
        }
        let _ = writeln!(
            svg,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"black\"/>"
        );
    }

    fn draw_axes(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"-12\" font-weight=\"bold\">{}</text>",
            self.title
        );
        let _ = writeln!(
            svg,
            "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#888\"/>"
        );
        for tick in x.ticks() {
            let (at, label) = (x.at(tick) * WIDTH, HEIGHT + 16.0);
            let _ = writeln!(
                svg,
                "<line x1=\"{at}\" x2=\"{at}\" y2=\"{HEIGHT}\" stroke=\"#ddd\"/>\
                 <text x=\"{at}\" y=\"{label}\" text-anchor=\"middle\">{tick}</text>"
            );
        }
        for tick in y.ticks() {
            let at = (1.0 - y.at(tick)) * HEIGHT;
            let label = at + 4.0;
            let _ = writeln!(
                svg,
                "<line y1=\"{at}\" y2=\"{at}\" x2=\"{WIDTH}\" stroke=\"#ddd\"/>\
                 <text x=\"-6\" y=\"{label}\" text-anchor=\"end\">{tick}</text>"
            );
        }
        let (middle, below) = (WIDTH / 2.0, HEIGHT + 34.0);
        let _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">items</text>"
        );
    }
}
