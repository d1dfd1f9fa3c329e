//! A picture that costs about what a photograph costs: slopes of light, edges of things, texture at several scales,
//! and the grain of a sensor.

/// Pseudo-random numbers, the same at every run (G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14),
/// 2003).
struct Grain(u32);

impl Grain {
    fn next(&mut self) -> i32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        i32::try_from(self.0 >> 24).unwrap()
    }
}

/// A lattice of random heights, 0 to 255, between which the texture is interpolated.
fn lattice(seed: u32) -> Vec<i32> {
    let mut grain = Grain(seed);
    (0..64 * 64).map(|_| grain.next()).collect()
}

/// The height of the texture at a point, 0 to 255, when a cell of the lattice is `1 << scale` pixels wide.
fn texture(lattice: &[i32], x: usize, y: usize, scale: usize) -> i32 {
    let (column, row) = (x >> scale, y >> scale);
    let at = |column: usize, row: usize| lattice[(row & 63) * 64 + (column & 63)];
    let part = |value: usize| i32::try_from(value & ((1 << scale) - 1)).unwrap();
    let (across, down) = (part(x), part(y));
    let mix = |a: i32, b: i32, part: i32| a + (((b - a) * part) >> scale);
    mix(
        mix(at(column, row), at(column + 1, row), across),
        mix(at(column, row + 1), at(column + 1, row + 1), across),
        down,
    )
}

/// Three bytes a pixel, row by row.
pub fn photo(width: usize, height: usize) -> Vec<u8> {
    let (heights, mut grain) = (lattice(7), Grain(1));
    let discs: Vec<(i64, i64, i64, [i32; 3])> = {
        let mut spot = |most: usize| i64::from(grain.next()) * i64::try_from(most).unwrap() / 256;
        (0..60)
            .map(|number| {
                let radius = spot(width) / 12 + 20;
                (
                    spot(width),
                    spot(height),
                    radius * radius,
                    [number * 4, 255 - number * 4, (number * 37) % 256],
                )
            })
            .collect()
    };
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let near: Vec<_> = discs
            .iter()
            .map(|(cx, cy, square, colour)| (*cx, square - (cy - i64::try_from(y).unwrap()).pow(2), colour))
            .filter(|(_, left, _)| *left > 0)
            .collect();
        let down = i32::try_from(y * 120 / height).unwrap();
        for x in 0..width {
            let across = i32::try_from(x * 100 / width).unwrap();
            let column = i64::try_from(x).unwrap();
            let disc = near.iter().find(|(cx, left, _)| (cx - column).pow(2) < *left);
            let ground = disc.map_or([200 - down, 120 + across / 2, 60 + down], |(_, _, colour)| **colour);
            let rough = (texture(&heights, x, y, 6) - 128) / 6
                + (texture(&heights, x, y, 4) - 128) / 9
                + (texture(&heights, x, y, 2) - 128) / 16
                + (grain.next() - 128) / 10;
            pixels.extend(ground.map(|value| u8::try_from((value + rough).clamp(0, 255)).unwrap()));
        }
    }
    pixels
}
