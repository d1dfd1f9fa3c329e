//! Whatever becomes of a valid file: it is shown or refused, without a panic, within its memory and its time.

use std::cell::Cell;
use std::panic;
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

use jpeg_encoder::ColorType;
use media::{Limits, inspect, render};
use proptest::prelude::*;

use crate::files::{
    ANIMATED_WEBP, LOSSY_WEBP, TRANSPARENT_WEBP, chunk, decoded_text, exif, exif_segment, gif, indexed, jpeg,
    jpeg_of, png, png_of, scene, webp_of, with_chunks, with_segments, zlib,
};

thread_local! {
    /// How often this thread has panicked. The fence around the decoders catches panics, and would hide them here.
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.with(|panics| panics.set(panics.get() + 1));
            before(info);
        }));
    });
}

/// Small enough that a file which says it is large is refused rather than decoded, and thousands can be tried.
const LIMITS: Limits = Limits { bytes: 1 << 20, pixels: 1 << 18, side: 4096, memory: 4 << 20 };

fn try_out(bytes: &[u8]) {
    let begun = Instant::now();
    let before = PANICS.get();
    // Neither outcome is wrong.
    let _ = inspect(bytes, &LIMITS);
    let _ = render(bytes, &LIMITS);
    assert_eq!(PANICS.get(), before, "a decoder panicked");
    assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
}

/// A small file of every kind, with metadata where decoders look at it.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(files);

fn files() -> Vec<Vec<u8>> {
    let size = (24, 16);
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let icc = crate::files::segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile[..]].concat());
    let iccp = chunk(b"iCCP", &[b"p3\0\0", &zlib(&profile)[..]].concat());
    let progressive = |encoder: &mut jpeg_encoder::Encoder<&mut Vec<u8>>| encoder.set_progressive(true);
    let inks: Vec<u8> = scene(24, 16).iter().copied().chain([9; 24 * 16]).collect();
    let (indices, palette) = indexed(24, 16);
    vec![
        with_segments(&jpeg(24, 16), &[exif_segment(6)]),
        with_segments(&jpeg(24, 16), &[icc]),
        jpeg_of(&scene(24, 16), size, ColorType::Rgb, progressive),
        // Wide enough to be decoded on several threads.
        jpeg_of(&scene(136, 16), (136, 16), ColorType::Rgb, |_| {}),
        jpeg_of(&inks, size, ColorType::CmykAsYcck, |encoder| encoder.set_restart_interval(1)),
        with_chunks(&png(24, 16), &[iccp, chunk(b"eXIf", &exif(3))]),
        png_of(&indices, size, png::ColorType::Indexed, png::BitDepth::Eight, |info| {
            info.palette = Some(palette.clone().into());
            info.trns = Some(vec![0, 100].into());
        }),
        gif(24, 16),
        webp_of(24, 16, |encoder| {
            encoder.set_exif_metadata(exif(8));
            encoder.set_icc_profile(profile.clone());
        }),
        decoded_text(LOSSY_WEBP),
        decoded_text(TRANSPARENT_WEBP),
        decoded_text(ANIMATED_WEBP),
    ]
}

/// The most memory that this process has had, in bytes; nothing where the system does not tell.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn a_file_cut_off_anywhere_is_shown_or_refused() {
    count_panics();
    for file in FILES.iter() {
        assert!(render(file, &LIMITS).is_ok(), "{} shows as it is", String::from_utf8_lossy(&file[..4]));
        (0..file.len()).for_each(|end| try_out(&file[..end]));
    }
}

#[test]
fn a_file_with_any_byte_changed_is_shown_or_refused() {
    count_panics();
    for file in FILES.iter() {
        for (place, change) in (0..file.len()).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
            let mut changed = file.clone();
            changed[place] ^= change;
            try_out(&changed);
        }
    }
    // All tests of this process together, of which the largest pictures have some ten million pixels.
    let peak = peak_memory().unwrap_or_default();
    assert!(peak < 768 << 20, "{peak} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_with_many_changes_is_shown_or_refused(
        kind in 0_usize..12,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        repeated in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        count_panics();
        let mut bytes = FILES[kind].clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some((from, to)) = repeated {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            bytes.extend_from_within(from.min(to)..from.max(to));
        }
        try_out(&bytes);
    }

    #[test]
    fn noise_behind_a_beginning_is_refused_or_shown(
        kind in 0_usize..12,
        kept in 1_usize..64,
        noise in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        count_panics();
        let mut bytes = FILES[kind].clone();
        bytes.truncate(kept);
        bytes.extend(noise);
        try_out(&bytes);
    }
}
