//! What the thumbnails of a photograph of 12 million pixels cost, without a master and with one.

#![expect(clippy::unwrap_used, reason = "without a photograph there is nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::{Limits, render, thumbnails};

#[path = "../tests/it/photo.rs"]
mod photo;

/// 4000 x 3000 at quality 90: 3.9 MB.
fn camera_file() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&photo::photo(4000, 3000), 4000, 3000, ColorType::Rgb).unwrap();
    bytes
}

fn photograph(criterion: &mut Criterion) {
    let (file, limits) = (camera_file(), Limits::default());
    let mut group = criterion.benchmark_group("4000x3000 JPEG");
    group.sample_size(20);
    group.bench_function("thumbnails", |bencher| bencher.iter(|| thumbnails(black_box(&file), &limits)));
    group.bench_function("render", |bencher| bencher.iter(|| render(black_box(&file), &limits)));
    group.finish();
}

criterion_group!(benches, photograph);
criterion_main!(benches);
