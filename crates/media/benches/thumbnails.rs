//! What the thumbnails of a photograph of 12 million pixels cost, without a master and with one.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use media::{Limits, render, thumbnails};

#[path = "../tests/it/photo.rs"]
mod photo;

/// 4000 x 3000 at quality 90: 3.7 MB.
fn camera_file() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_optimized_huffman_tables(true);
    let encoded = encoder.encode(&photo::photo(4000, 3000), 4000, 3000, ColorType::Rgb);
    assert!(encoded.is_ok(), "{encoded:?}");
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
