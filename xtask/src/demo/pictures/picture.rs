//! A picture as a file of PNG: whether it is one, and in few bytes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter, Transformations};

type Color = [u8; 3];

/// A page of text has more colors than this, by far.
const FEW_COLORS: usize = 16;
/// As many as a palette has.
const PALETTE: usize = 256;

#[derive(Debug)]
pub(super) struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<Color>,
}

impl Picture {
    pub(super) fn read(file: &Path) -> Result<Self> {
        let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
        let mut decoder = Decoder::new(BufReader::new(opened));
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().with_context(|| format!("{} is no PNG", file.display()))?;
        let mut bytes = vec![0; reader.output_buffer_size().context("a picture that is too large")?];
        let info = reader.next_frame(&mut bytes)?;
        let samples = info.color_type.samples();
        ensure!(samples >= 3, "a picture without colors");
        let pixels = bytes[..info.buffer_size()].chunks_exact(samples).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        Ok(Self { width: info.width, height: info.height, pixels: pixels.collect() })
    }

    /// Fails unless it has this size and something is on it.
    pub(super) fn check(&self, size: (u32, u32)) -> Result<()> {
        let own = (self.width, self.height);
        ensure!(own == size, "it has {own:?} pixels and not {size:?}");
        let colors = self.colors();
        ensure!(colors.len() > FEW_COLORS, "it is blank: it has {} colors", colors.len());
        Ok(())
    }

    /// Its colors, the most frequent one first.
    fn colors(&self) -> Vec<Color> {
        let mut counts = HashMap::<Color, usize>::new();
        self.pixels.iter().for_each(|color| *counts.entry(*color).or_default() += 1);
        let mut colors: Vec<(Color, usize)> = counts.into_iter().collect();
        colors.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
        colors.into_iter().map(|(color, _)| color).collect()
    }

    /// Writes it with as many colors as a palette has: rarer ones, at the edges of letters, become their next of kin.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let colors = self.colors();
        let palette = &colors[..colors.len().min(PALETTE)];
        let nearest: HashMap<Color, u8> = colors.iter().map(|color| (*color, nearest(palette, *color))).collect();
        let pixels: Vec<u8> = self.pixels.iter().map(|color| nearest[color]).collect();

        let opened = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        let mut encoder = Encoder::new(BufWriter::new(opened), self.width, self.height);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(palette.concat());
        encoder.set_compression(Compression::High);
        // Neighbours in a palette have nothing in common.
        encoder.set_filter(Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        Ok(writer.finish()?)
    }
}

/// The place in a palette of no more than 256 colors.
fn nearest(palette: &[Color], color: Color) -> u8 {
    let distance =
        |other: &Color| -> u32 { other.iter().zip(color).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    (0..=u8::MAX).zip(palette).min_by_key(|(_, other)| distance(other)).map_or(0, |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("{name}-{}.png", std::process::id()))
    }

    #[test]
    fn a_picture_is_what_was_written_or_close_to_it() {
        // Three of each color of the palette, and one that differs a little.
        let of = |x: u8, y: u8| [[x, y, 7], [x, y, 7], [x, y, 7], [x + 1, y, 7]];
        let grid = (0..16_u8).flat_map(|y| (0..16_u8).map(move |x| (x * 16, y * 16)));
        let picture = Picture { width: 64, height: 16, pixels: grid.flat_map(|(x, y)| of(x, y)).collect() };
        let file = file("close");
        picture.write(&file).unwrap();
        let read = Picture::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        read.check((64, 16)).unwrap();
        assert_eq!((picture.colors().len(), read.colors().len()), (2 * PALETTE, PALETTE));
        let far = |(a, b): (&Color, &Color)| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 1);
        assert!(!picture.pixels.iter().zip(&read.pixels).any(far));
        assert!(read.check((16, 64)).is_err());
    }

    #[test]
    fn a_blank_picture_is_none() {
        let mut pixels = vec![[255; 3]; 10_000];
        pixels[5] = [0; 3];
        let picture = Picture { width: 100, height: 100, pixels };
        assert!(picture.check((100, 100)).unwrap_err().to_string().contains("blank"));
        let file = file("none");
        std::fs::write(&file, "no picture").unwrap();
        assert!(Picture::read(&file).is_err());
        std::fs::remove_file(&file).unwrap();
    }
}
