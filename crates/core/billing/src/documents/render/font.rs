//! The letters: Inter, which has Latin, Greek and Cyrillic. Its licence stands beside it.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Feature, UnicodeBuffer, ttf_parser::Tag};
use std::sync::LazyLock;

/// Stands for a letter that the font lacks.
const MISSING: char = '□';

/// A weight of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Strong,
}

/// Letters in their places.
pub(super) struct Shaped {
    pub glyphs: Vec<KrillaGlyph>,
    /// Width at size 1.
    pub width: f32,
}

struct Face {
    letters: rustybuzz::Face<'static>,
    font: Font,
}

impl Face {
    #[expect(clippy::expect_used, reason = "the font is a part of the program")]
    fn of(data: &'static [u8]) -> Self {
        let letters = rustybuzz::Face::from_slice(data, 0).expect("the font is whole");
        Self { letters, font: Font::new(data.into(), 0).expect("the font is whole") }
    }
}

static REGULAR: LazyLock<Face> = LazyLock::new(|| Face::of(include_bytes!("../fonts/Inter-Regular.ttf")));
static STRONG: LazyLock<Face> = LazyLock::new(|| Face::of(include_bytes!("../fonts/Inter-SemiBold.ttf")));

impl Weight {
    fn face(self) -> &'static Face {
        match self {
            Weight::Regular => &REGULAR,
            Weight::Strong => &STRONG,
        }
    }

    /// The font for the PDF.
    pub fn font(self) -> Font {
        self.face().font.clone()
    }

    /// Places the letters of a line, digits all of one width. What one sees is what was written: no arrows for `->`.
    pub fn shape(self, text: &str) -> Shaped {
        let face = &self.face().letters;
        let scale = f32::from(u16::try_from(face.units_per_em()).unwrap_or(1000));
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let features = [(b"tnum", 1), (b"calt", 0)].map(|(tag, on)| Feature::new(Tag::from_bytes(tag), on, ..));
        let placed = rustybuzz::shape(face, &features, buffer);
        let clusters: Vec<usize> = placed.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let mut width = 0.0;
        let glyphs = placed.glyph_infos().iter().zip(placed.glyph_positions()).enumerate().map(|(place, (info, position))| {
            let start = clusters[place];
            let end = clusters[place..].iter().copied().find(|next| *next > start).unwrap_or(text.len());
            let em = |units: i32| units as f32 / scale;
            width += em(position.x_advance);
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                em(position.x_advance),
                em(position.x_offset),
                em(position.y_offset),
                em(position.y_advance),
                start..end,
                None,
            )
        });
        let glyphs = glyphs.collect();
        Shaped { glyphs, width }
    }

    /// Width of a line at this size.
    pub fn width(self, size: f32, text: &str) -> f32 {
        self.shape(text).width * size
    }

    /// Text in lines of at most this width. A word that is wider is broken.
    pub fn wrap(self, size: f32, text: &str, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(size, &longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = self.broken(size, word, width, &mut lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Moves all of a word that fits in whole lines to `lines`, and answers with the rest.
    fn broken(self, size: f32, word: &str, width: f32, lines: &mut Vec<String>) -> String {
        let mut rest = String::new();
        for c in word.chars() {
            rest.push(c);
            if rest.chars().count() > 1 && self.width(size, &rest) > width {
                rest.pop();
                lines.push(std::mem::replace(&mut rest, c.to_string()));
            }
        }
        rest
    }
}

/// Text of letters that the font has, in one line. Letters for private use mean something else in each font.
pub(super) fn printable(text: &str) -> String {
    let face = &Weight::Regular.face().letters;
    let one = |c: char| match c {
        c if c.is_whitespace() && c != '\u{a0}' => Some(' '),
        c if c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}') => None,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => Some(MISSING),
        c => Some(if face.glyph_index(c).is_some() { c } else { MISSING }),
    };
    text.chars().filter_map(one).collect()
}
