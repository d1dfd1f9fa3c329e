//! What the numbers of pixels mean: from a file's own colour profile to sRGB, by way of `moxcms`.
//!
//! Telephones store in Display P3, and cameras in Adobe RGB if told to: taken for sRGB, tomatoes would look pale.

use std::panic::{AssertUnwindSafe, catch_unwind};

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::pixels::{CHANNELS, Pixels, index};

/// The largest profile that is looked at, in bytes. Those of cameras have some 500 bytes; the megabytes are tables for
/// printing.
const MOST_PROFILE: usize = 1024 * 1024;

/// The pixels in sRGB. They stay what they are without a profile, and with one that cannot be applied: a picture in
/// slightly wrong colours is better than none.
pub(super) fn to_srgb(pixels: Pixels, profile: Option<&[u8]>) -> Pixels {
    let Some(profile) = profile.filter(|profile| profile.len() <= MOST_PROFILE) else { return pixels };
    // Profiles are hostile input like the rest of the file, and the fence is the decoders'.
    let converted = catch_unwind(AssertUnwindSafe(|| convert(&pixels, profile)));
    converted.ok().flatten().unwrap_or(pixels)
}

fn convert(pixels: &Pixels, profile: &[u8]) -> Option<Pixels> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default()).ok()?;
    let mut converted = vec![0; pixels.rgb().len()];
    let row = index(pixels.size().width) * CHANNELS;
    for (from, to) in pixels.rgb().chunks_exact(row).zip(converted.chunks_exact_mut(row)) {
        transform.transform(from, to).ok()?;
    }
    Pixels::new(pixels.size(), converted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pixels::Size;

    fn one(colour: [u8; 3]) -> Pixels {
        Pixels::new(Size { width: 1, height: 1 }, colour.to_vec()).unwrap()
    }

    #[test]
    fn a_wider_gamut_is_brought_into_srgb() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let green = to_srgb(one([120, 200, 80]), Some(&profile));
        // Greener than sRGB's 120, 200, 80, and white and grey stay themselves.
        assert!(green.rgb()[0] < 112 && green.rgb()[1] > 200, "{green:?}");
        for grey in [0, 128, 255] {
            let same = to_srgb(one([grey; 3]), Some(&profile));
            assert!(same.rgb().iter().all(|value| value.abs_diff(grey) <= 1), "{same:?}");
        }
    }

    #[test]
    fn what_is_no_profile_of_rgb_changes_nothing() {
        let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        let large = vec![0; MOST_PROFILE + 1];
        for profile in [&grey[..], b"", b"nonsense", &large] {
            assert_eq!(to_srgb(one([1, 2, 3]), Some(profile)), one([1, 2, 3]));
        }
        assert_eq!(to_srgb(one([1, 2, 3]), None), one([1, 2, 3]));
    }
}
